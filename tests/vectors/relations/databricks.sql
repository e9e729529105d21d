-- repeats
SELECT
  `t1`.`account`,
  `t1`.`ts_us`,
  `t1`.`exchange_hash`
FROM (
  SELECT
    `t0`.`account`,
    `t0`.`ts_us`,
    `t0`.`exchange_hash`,
    COUNT(*) AS `times`
  FROM `given` AS `t0`
  GROUP BY
    1,
    2,
    3
) AS `t1`
WHERE
  `t1`.`times` > 1;

-- sightings
SELECT
  *
FROM (
  SELECT
    `t2`.`exchange_hash`,
    `t2`.`ts_us`,
    `t2`.`account`,
    `t2`.`org`,
    `t2`.`is_first`,
    `t2`.`is_second`,
    `t2`.`signup_us`,
    `t2`.`payment`,
    `t2`.`network`,
    `t2`.`client`,
    `t2`.`asn`,
    `t2`.`has_content`,
    `t2`.`prompt_hash`,
    `t2`.`system_hash`,
    `t2`.`head_hash`,
    `t2`.`band_0`,
    `t2`.`band_1`,
    `t2`.`band_2`,
    `t2`.`band_3`,
    `t2`.`cues`,
    `t2`.`features`
  FROM `given` AS `t2`
  LEFT ANTI JOIN `repeats` AS `t3`
    ON `t2`.`account` = `t3`.`account`
    AND `t2`.`ts_us` = `t3`.`ts_us`
    AND `t2`.`exchange_hash` = `t3`.`exchange_hash`
) AS `t4`
UNION ALL
SELECT
  *
FROM (
  SELECT
    `t6`.`exchange_hash`,
    `t6`.`ts_us`,
    `t6`.`account`,
    `t6`.`org`,
    `t6`.`is_first`,
    `t6`.`is_second`,
    `t6`.`signup_us`,
    `t6`.`payment`,
    `t6`.`network`,
    `t6`.`client`,
    `t6`.`asn`,
    `t6`.`has_content`,
    `t6`.`prompt_hash`,
    `t6`.`system_hash`,
    `t6`.`head_hash`,
    `t6`.`band_0`,
    `t6`.`band_1`,
    `t6`.`band_2`,
    `t6`.`band_3`,
    `t6`.`cues`,
    `t6`.`features`
  FROM (
    SELECT
      `t5`.`exchange_hash`,
      `t5`.`ts_us`,
      `t5`.`account`,
      `t5`.`org`,
      `t5`.`is_first`,
      `t5`.`is_second`,
      `t5`.`signup_us`,
      `t5`.`payment`,
      `t5`.`network`,
      `t5`.`client`,
      `t5`.`asn`,
      `t5`.`has_content`,
      `t5`.`prompt_hash`,
      `t5`.`system_hash`,
      `t5`.`head_hash`,
      `t5`.`band_0`,
      `t5`.`band_1`,
      `t5`.`band_2`,
      `t5`.`band_3`,
      `t5`.`cues`,
      `t5`.`features`,
      ROW_NUMBER() OVER (
        PARTITION BY `t5`.`account`, `t5`.`ts_us`, `t5`.`exchange_hash`
        ORDER BY `t5`.`org` ASC NULLS LAST, `t5`.`is_first` ASC NULLS LAST, `t5`.`is_second` ASC NULLS LAST, `t5`.`signup_us` ASC NULLS LAST, `t5`.`payment` ASC NULLS LAST, `t5`.`network` ASC NULLS LAST, `t5`.`client` ASC NULLS LAST, `t5`.`asn` ASC NULLS LAST, `t5`.`has_content` ASC NULLS LAST, `t5`.`prompt_hash` ASC NULLS LAST, `t5`.`system_hash` ASC NULLS LAST, `t5`.`head_hash` ASC NULLS LAST, `t5`.`band_0` ASC NULLS LAST, `t5`.`band_1` ASC NULLS LAST, `t5`.`band_2` ASC NULLS LAST, `t5`.`band_3` ASC NULLS LAST, `t5`.`cues` ASC NULLS LAST, `t5`.`features` ASC NULLS LAST
      ) - 1 AS `copy`
    FROM (
      SELECT
        `t2`.`exchange_hash`,
        `t2`.`ts_us`,
        `t2`.`account`,
        `t2`.`org`,
        `t2`.`is_first`,
        `t2`.`is_second`,
        `t2`.`signup_us`,
        `t2`.`payment`,
        `t2`.`network`,
        `t2`.`client`,
        `t2`.`asn`,
        `t2`.`has_content`,
        `t2`.`prompt_hash`,
        `t2`.`system_hash`,
        `t2`.`head_hash`,
        `t2`.`band_0`,
        `t2`.`band_1`,
        `t2`.`band_2`,
        `t2`.`band_3`,
        `t2`.`cues`,
        `t2`.`features`
      FROM `given` AS `t2`
      LEFT SEMI JOIN `repeats` AS `t3`
        ON `t2`.`account` = `t3`.`account`
        AND `t2`.`ts_us` = `t3`.`ts_us`
        AND `t2`.`exchange_hash` = `t3`.`exchange_hash`
    ) AS `t5`
  ) AS `t6`
  WHERE
    `t6`.`copy` = 0
) AS `t7`;

-- activity
SELECT
  (
    `t0`.`ts_us` - (
      `t0`.`ts_us` % 3600000000
    )
  ) + 3600000000 AS `window_us`,
  `t0`.`account`,
  MIN(`t0`.`org`) AS `org`,
  COUNT(*) AS `count`,
  MIN(`t0`.`ts_us`) AS `first_us`,
  MAX(`t0`.`ts_us`) AS `last_us`,
  MIN(`t0`.`signup_us`) AS `signup_us`,
  SUM(CAST(`t0`.`has_content` AS BIGINT)) AS `contents`,
  SUM(CAST(`t0`.`has_content` AND (
    (
      `t0`.`cues` & 15
    ) <> 0
  ) AS BIGINT)) AS `eliciting`,
  SUM(CAST((
    `t0`.`cues` & 1
  ) <> 0 AS BIGINT)) AS `cue_1`,
  SUM(CAST((
    `t0`.`cues` & 2
  ) <> 0 AS BIGINT)) AS `cue_2`,
  SUM(CAST((
    `t0`.`cues` & 4
  ) <> 0 AS BIGINT)) AS `cue_4`,
  SUM(CAST((
    `t0`.`cues` & 8
  ) <> 0 AS BIGINT)) AS `cue_8`,
  SUM(CAST((
    `t0`.`cues` & 16
  ) <> 0 AS BIGINT)) AS `cue_16`
FROM `sightings` AS `t0`
GROUP BY
  1,
  2;

-- postings
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      (
        `t5`.`first_us` - (
          `t5`.`first_us` % 3600000000
        )
      ) + 3600000000 AS `window_us`,
      `t5`.`account`,
      'payment' AS `kind`,
      `t5`.`token`,
      `t5`.`org`,
      `t5`.`first_us`
    FROM (
      SELECT
        `t1`.`account`,
        `t1`.`payment` AS `token`,
        MIN(`t1`.`org`) AS `org`,
        MIN(`t1`.`ts_us`) AS `first_us`
      FROM (
        SELECT
          *
        FROM `sightings` AS `t0`
        WHERE
          `t0`.`payment` IS NOT NULL
      ) AS `t1`
      GROUP BY
        1,
        2
    ) AS `t5`
  ) AS `t9`
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      (
        `t6`.`first_us` - (
          `t6`.`first_us` % 3600000000
        )
      ) + 3600000000 AS `window_us`,
      `t6`.`account`,
      'network' AS `kind`,
      `t6`.`token`,
      `t6`.`org`,
      `t6`.`first_us`
    FROM (
      SELECT
        `t2`.`account`,
        `t2`.`network` AS `token`,
        MIN(`t2`.`org`) AS `org`,
        MIN(`t2`.`ts_us`) AS `first_us`
      FROM (
        SELECT
          *
        FROM `sightings` AS `t0`
        WHERE
          `t0`.`network` IS NOT NULL
      ) AS `t2`
      GROUP BY
        1,
        2
    ) AS `t6`
  ) AS `t10`
) AS `t13`
UNION ALL
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      (
        `t7`.`first_us` - (
          `t7`.`first_us` % 3600000000
        )
      ) + 3600000000 AS `window_us`,
      `t7`.`account`,
      'client' AS `kind`,
      `t7`.`token`,
      `t7`.`org`,
      `t7`.`first_us`
    FROM (
      SELECT
        `t3`.`account`,
        `t3`.`client` AS `token`,
        MIN(`t3`.`org`) AS `org`,
        MIN(`t3`.`ts_us`) AS `first_us`
      FROM (
        SELECT
          *
        FROM `sightings` AS `t0`
        WHERE
          `t0`.`client` IS NOT NULL
      ) AS `t3`
      GROUP BY
        1,
        2
    ) AS `t7`
  ) AS `t11`
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      (
        `t8`.`first_us` - (
          `t8`.`first_us` % 3600000000
        )
      ) + 3600000000 AS `window_us`,
      `t8`.`account`,
      'asn' AS `kind`,
      `t8`.`token`,
      `t8`.`org`,
      `t8`.`first_us`
    FROM (
      SELECT
        `t4`.`account`,
        `t4`.`asn` AS `token`,
        MIN(`t4`.`org`) AS `org`,
        MIN(`t4`.`ts_us`) AS `first_us`
      FROM (
        SELECT
          *
        FROM `sightings` AS `t0`
        WHERE
          `t0`.`asn` IS NOT NULL
      ) AS `t4`
      GROUP BY
        1,
        2
    ) AS `t8`
  ) AS `t12`
) AS `t14`;

-- firsts
SELECT
  `t9`.`window_us`,
  `t9`.`account`,
  `t9`.`ts_us`,
  `t9`.`exchange_hash`,
  `t2`.`prompt_hash`,
  `t2`.`system_hash`,
  `t2`.`head_hash`,
  `t2`.`band_0`,
  `t2`.`band_1`,
  `t2`.`band_2`,
  `t2`.`band_3`,
  `t2`.`has_content`,
  `t2`.`features`,
  `t9`.`of_window`,
  `t2`.`org`
FROM (
  SELECT
    `t7`.`account`,
    `t7`.`ts_us`,
    `t7`.`exchange_hash`,
    `t7`.`window_us`,
    `t7`.`of_window`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t5`.`account`,
        `t5`.`ts_us`,
        `t5`.`exchange_hash`,
        `t5`.`window_us`,
        ROW_NUMBER() OVER (
          PARTITION BY `t5`.`window_us`, `t5`.`account`
          ORDER BY `t5`.`ts_us` ASC NULLS LAST, `t5`.`exchange_hash` ASC NULLS LAST
        ) - 1 AS `place`,
        COUNT(*) OVER (
          PARTITION BY `t5`.`window_us`, `t5`.`account`
          ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
        ) AS `of_window`
      FROM (
        SELECT
          `t4`.`account`,
          `t4`.`ts_us`,
          `t4`.`exchange_hash`,
          (
            (
              `t4`.`ts_us` + 3600000000
            ) - (
              (
                `t4`.`ts_us` + 3600000000
              ) % 3600000000
            )
          ) + 3600000000 AS `window_us`
        FROM (
          SELECT
            `t3`.`account`,
            `t3`.`ts_us`,
            `t3`.`exchange_hash`,
            `t3`.`is_first`,
            `t3`.`is_second`,
            LEAD(`t3`.`is_second`) OVER (
              PARTITION BY `t3`.`account`
              ORDER BY `t3`.`ts_us` ASC NULLS LAST, `t3`.`exchange_hash` ASC NULLS LAST
            ) AS `next_is_second`,
            LEAD(`t3`.`ts_us`) OVER (
              PARTITION BY `t3`.`account`
              ORDER BY `t3`.`ts_us` ASC NULLS LAST, `t3`.`exchange_hash` ASC NULLS LAST
            ) AS `next_us`
          FROM (
            SELECT
              `t0`.`account`,
              `t0`.`ts_us`,
              `t0`.`exchange_hash`,
              `t0`.`is_first`,
              `t0`.`is_second`
            FROM `sightings` AS `t0`
            WHERE
              `t0`.`is_first` OR `t0`.`is_second`
          ) AS `t3`
        ) AS `t4`
        WHERE
          `t4`.`is_first`
          AND NOT (
            COALESCE(`t4`.`next_is_second`, FALSE)
            AND (
              (
                COALESCE(`t4`.`next_us`, `t4`.`ts_us`) - `t4`.`ts_us`
              ) < 3600000000
            )
          )
      ) AS `t5`
    ) AS `t6`
    WHERE
      `t6`.`place` < 64
  ) AS `t7`
) AS `t9`
INNER JOIN (
  SELECT
    `t0`.`account`,
    `t0`.`ts_us`,
    `t0`.`exchange_hash`,
    `t0`.`prompt_hash`,
    `t0`.`system_hash`,
    `t0`.`head_hash`,
    `t0`.`band_0`,
    `t0`.`band_1`,
    `t0`.`band_2`,
    `t0`.`band_3`,
    `t0`.`has_content`,
    `t0`.`features`,
    `t0`.`org`
  FROM `sightings` AS `t0`
) AS `t2`
  ON `t9`.`account` = `t2`.`account`
  AND `t9`.`ts_us` = `t2`.`ts_us`
  AND `t9`.`exchange_hash` = `t2`.`exchange_hash`;

-- systems
SELECT
  `t2`.`system_hash`,
  `t2`.`org`,
  `t2`.`first_us`,
  (
    `t2`.`first_us` - (
      `t2`.`first_us` % 3600000000
    )
  ) + 3600000000 AS `window_us`
FROM (
  SELECT
    `t1`.`system_hash`,
    `t1`.`org`,
    MIN(`t1`.`ts_us`) AS `first_us`
  FROM (
    SELECT
      *
    FROM `sightings` AS `t0`
    WHERE
      `t0`.`system_hash` <> 0
  ) AS `t1`
  GROUP BY
    1,
    2
) AS `t2`;

-- lessons
SELECT
  `t12`.`account`,
  `t12`.`k`,
  `t5`.`features`,
  (
    `t12`.`ts_us` - (
      `t12`.`ts_us` % 3600000000
    )
  ) + 3600000000 AS `window_us`
FROM (
  SELECT
    *
  FROM (
    SELECT
      `t9`.`account`,
      `t9`.`ts_us`,
      `t9`.`exchange_hash`,
      `t9`.`place` + COALESCE(`t6`.`before`, 0) + 1 AS `k`
    FROM (
      SELECT
        *
      FROM (
        SELECT
          `t3`.`account`,
          `t3`.`ts_us`,
          `t3`.`exchange_hash`,
          `t3`.`has_content`,
          ROW_NUMBER() OVER (
            PARTITION BY `t3`.`account`
            ORDER BY `t3`.`ts_us` ASC NULLS LAST, `t3`.`exchange_hash` ASC NULLS LAST
          ) - 1 AS `place`
        FROM (
          SELECT
            `t0`.`account`,
            `t0`.`ts_us`,
            `t0`.`exchange_hash`,
            `t0`.`has_content`
          FROM `sightings` AS `t0`
        ) AS `t3`
      ) AS `t7`
      WHERE
        `t7`.`place` < 32 AND `t7`.`has_content`
    ) AS `t9`
    LEFT OUTER JOIN (
      SELECT
        `t1`.`account`,
        `t1`.`count` AS `before`
      FROM `known` AS `t1`
    ) AS `t6`
      ON `t9`.`account` = `t6`.`account`
  ) AS `t10`
  WHERE
    `t10`.`k` <= 32
) AS `t12`
INNER JOIN (
  SELECT
    `t0`.`account`,
    `t0`.`ts_us`,
    `t0`.`exchange_hash`,
    `t0`.`features`
  FROM `sightings` AS `t0`
) AS `t5`
  ON `t12`.`account` = `t5`.`account`
  AND `t12`.`ts_us` = `t5`.`ts_us`
  AND `t12`.`exchange_hash` = `t5`.`exchange_hash`;

-- prompts
SELECT
  `t3`.`window_us`,
  `t3`.`account`,
  `t3`.`kind`,
  `t3`.`token`,
  `t3`.`org`,
  `t3`.`first_us`
FROM (
  SELECT
    `t2`.`account`,
    `t2`.`token`,
    `t2`.`window_us`,
    `t2`.`org`,
    `t2`.`first_us`,
    ROW_NUMBER() OVER (PARTITION BY `t2`.`account` ORDER BY `t2`.`token` ASC NULLS LAST) - 1 AS `place`,
    'prompt' AS `kind`
  FROM (
    SELECT
      `t1`.`account`,
      `t1`.`prompt_hash` AS `token`,
      MIN(`t1`.`window_us`) AS `window_us`,
      MIN(`t1`.`org`) AS `org`,
      MIN(`t1`.`ts_us`) AS `first_us`
    FROM (
      SELECT
        *
      FROM `firsts` AS `t0`
      WHERE
        `t0`.`prompt_hash` <> 0
    ) AS `t1`
    GROUP BY
      1,
      2
  ) AS `t2`
) AS `t3`
WHERE
  `t3`.`place` < 48;

-- pairs
SELECT
  *
FROM (
  SELECT
    `t1`.`account` AS `account_a`,
    `t7`.`account` AS `account_b`,
    `t1`.`kind`,
    `t1`.`token`,
    `t5`.`df`,
    GREATEST(`t1`.`first_us`, `t7`.`first_us`) AS `since_us`
  FROM `postings` AS `t1`
  INNER JOIN (
    SELECT
      *
    FROM (
      SELECT
        `t2`.`kind`,
        `t2`.`token`,
        COUNT(*) AS `df`
      FROM (
        SELECT DISTINCT
          `t0`.`kind`,
          `t0`.`token`,
          `t0`.`org`
        FROM `postings` AS `t0`
      ) AS `t2`
      GROUP BY
        1,
        2
    ) AS `t3`
    WHERE
      `t3`.`df` BETWEEN 2 AND 100
  ) AS `t5`
    ON `t1`.`kind` = `t5`.`kind` AND `t1`.`token` = `t5`.`token`
  INNER JOIN (
    SELECT
      `t1`.`window_us`,
      `t1`.`account`,
      `t1`.`kind`,
      `t1`.`token`,
      `t1`.`org`,
      `t1`.`first_us`,
      `t5`.`df`
    FROM `postings` AS `t1`
    INNER JOIN (
      SELECT
        *
      FROM (
        SELECT
          `t2`.`kind`,
          `t2`.`token`,
          COUNT(*) AS `df`
        FROM (
          SELECT DISTINCT
            `t0`.`kind`,
            `t0`.`token`,
            `t0`.`org`
          FROM `postings` AS `t0`
        ) AS `t2`
        GROUP BY
          1,
          2
      ) AS `t3`
      WHERE
        `t3`.`df` BETWEEN 2 AND 100
    ) AS `t5`
      ON `t1`.`kind` = `t5`.`kind` AND `t1`.`token` = `t5`.`token`
  ) AS `t7`
    ON `t1`.`kind` = `t7`.`kind`
    AND `t1`.`token` = `t7`.`token`
    AND `t1`.`account` < `t7`.`account`
    AND `t1`.`org` <> `t7`.`org`
) AS `t8`;

-- edges
SELECT
  `t0`.`account_a`,
  `t0`.`account_b`,
  COUNT(*) AS `shared`,
  SUM(LN(TRY_DIVIDE(CAST(1000 AS DOUBLE), CAST(`t0`.`df` AS DOUBLE)))) AS `weight`,
  MIN(`t0`.`since_us`) AS `since_us`
FROM `pairs` AS `t0`
GROUP BY
  1,
  2;
