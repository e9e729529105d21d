-- repeats
SELECT
  "t1"."account" AS "account",
  "t1"."ts_us" AS "ts_us",
  "t1"."exchange_hash" AS "exchange_hash"
FROM (
  SELECT
    "t0"."account" AS "account",
    "t0"."ts_us" AS "ts_us",
    "t0"."exchange_hash" AS "exchange_hash",
    COUNT(*) AS "times"
  FROM "given" AS "t0"
  GROUP BY
    "t0"."account",
    "t0"."ts_us",
    "t0"."exchange_hash"
) AS "t1"
WHERE
  "t1"."times" > 1;

-- sightings
SELECT
  *
FROM (
  SELECT
    "t2"."exchange_hash" AS "exchange_hash",
    "t2"."ts_us" AS "ts_us",
    "t2"."account" AS "account",
    "t2"."org" AS "org",
    "t2"."is_first" AS "is_first",
    "t2"."is_second" AS "is_second",
    "t2"."signup_us" AS "signup_us",
    "t2"."payment" AS "payment",
    "t2"."network" AS "network",
    "t2"."client" AS "client",
    "t2"."asn" AS "asn",
    "t2"."claim" AS "claim",
    "t2"."model" AS "model",
    "t2"."has_content" AS "has_content",
    "t2"."prompt_hash" AS "prompt_hash",
    "t2"."system_hash" AS "system_hash",
    "t2"."head_hash" AS "head_hash",
    "t2"."band_0" AS "band_0",
    "t2"."band_1" AS "band_1",
    "t2"."band_2" AS "band_2",
    "t2"."band_3" AS "band_3",
    "t2"."cues" AS "cues",
    "t2"."worth" AS "worth",
    "t2"."features" AS "features"
  FROM "given" AS "t2"
  LEFT ANTI JOIN "repeats" AS "t3"
    ON "t2"."account" = "t3"."account"
    AND "t2"."ts_us" = "t3"."ts_us"
    AND "t2"."exchange_hash" = "t3"."exchange_hash"
) AS "t4"
UNION ALL
SELECT
  *
FROM (
  SELECT
    "t6"."exchange_hash" AS "exchange_hash",
    "t6"."ts_us" AS "ts_us",
    "t6"."account" AS "account",
    "t6"."org" AS "org",
    "t6"."is_first" AS "is_first",
    "t6"."is_second" AS "is_second",
    "t6"."signup_us" AS "signup_us",
    "t6"."payment" AS "payment",
    "t6"."network" AS "network",
    "t6"."client" AS "client",
    "t6"."asn" AS "asn",
    "t6"."claim" AS "claim",
    "t6"."model" AS "model",
    "t6"."has_content" AS "has_content",
    "t6"."prompt_hash" AS "prompt_hash",
    "t6"."system_hash" AS "system_hash",
    "t6"."head_hash" AS "head_hash",
    "t6"."band_0" AS "band_0",
    "t6"."band_1" AS "band_1",
    "t6"."band_2" AS "band_2",
    "t6"."band_3" AS "band_3",
    "t6"."cues" AS "cues",
    "t6"."worth" AS "worth",
    "t6"."features" AS "features"
  FROM (
    SELECT
      "t5"."exchange_hash" AS "exchange_hash",
      "t5"."ts_us" AS "ts_us",
      "t5"."account" AS "account",
      "t5"."org" AS "org",
      "t5"."is_first" AS "is_first",
      "t5"."is_second" AS "is_second",
      "t5"."signup_us" AS "signup_us",
      "t5"."payment" AS "payment",
      "t5"."network" AS "network",
      "t5"."client" AS "client",
      "t5"."asn" AS "asn",
      "t5"."claim" AS "claim",
      "t5"."model" AS "model",
      "t5"."has_content" AS "has_content",
      "t5"."prompt_hash" AS "prompt_hash",
      "t5"."system_hash" AS "system_hash",
      "t5"."head_hash" AS "head_hash",
      "t5"."band_0" AS "band_0",
      "t5"."band_1" AS "band_1",
      "t5"."band_2" AS "band_2",
      "t5"."band_3" AS "band_3",
      "t5"."cues" AS "cues",
      "t5"."worth" AS "worth",
      "t5"."features" AS "features",
      ROW_NUMBER() OVER (
        PARTITION BY "t5"."account", "t5"."ts_us", "t5"."exchange_hash"
        ORDER BY "t5"."org" ASC, "t5"."is_first" ASC, "t5"."is_second" ASC, "t5"."signup_us" ASC, "t5"."payment" ASC, "t5"."network" ASC, "t5"."client" ASC, "t5"."asn" ASC, "t5"."claim" ASC, "t5"."model" ASC, "t5"."has_content" ASC, "t5"."prompt_hash" ASC, "t5"."system_hash" ASC, "t5"."head_hash" ASC, "t5"."band_0" ASC, "t5"."band_1" ASC, "t5"."band_2" ASC, "t5"."band_3" ASC, "t5"."cues" ASC, "t5"."worth" ASC, "t5"."features" ASC
        ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
      ) - 1 AS "copy"
    FROM (
      SELECT
        "t2"."exchange_hash" AS "exchange_hash",
        "t2"."ts_us" AS "ts_us",
        "t2"."account" AS "account",
        "t2"."org" AS "org",
        "t2"."is_first" AS "is_first",
        "t2"."is_second" AS "is_second",
        "t2"."signup_us" AS "signup_us",
        "t2"."payment" AS "payment",
        "t2"."network" AS "network",
        "t2"."client" AS "client",
        "t2"."asn" AS "asn",
        "t2"."claim" AS "claim",
        "t2"."model" AS "model",
        "t2"."has_content" AS "has_content",
        "t2"."prompt_hash" AS "prompt_hash",
        "t2"."system_hash" AS "system_hash",
        "t2"."head_hash" AS "head_hash",
        "t2"."band_0" AS "band_0",
        "t2"."band_1" AS "band_1",
        "t2"."band_2" AS "band_2",
        "t2"."band_3" AS "band_3",
        "t2"."cues" AS "cues",
        "t2"."worth" AS "worth",
        "t2"."features" AS "features"
      FROM "given" AS "t2"
      LEFT SEMI JOIN "repeats" AS "t3"
        ON "t2"."account" = "t3"."account"
        AND "t2"."ts_us" = "t3"."ts_us"
        AND "t2"."exchange_hash" = "t3"."exchange_hash"
    ) AS "t5"
  ) AS "t6"
  WHERE
    "t6"."copy" = 0
) AS "t7";

-- activity
SELECT
  (
    "t4"."ts_us" - (
      "t4"."ts_us" % 3600000000
    )
  ) + 3600000000 AS "window_us",
  "t4"."account" AS "account",
  MIN("t4"."org") AS "org",
  COUNT(*) AS "count",
  MIN("t4"."ts_us") AS "first_us",
  MAX("t4"."ts_us") AS "last_us",
  MIN("t4"."signup_us") AS "signup_us",
  countIf("t4"."has_content") AS "contents",
  countIf("t4"."has_content" AND (
    bitAnd("t4"."cues", 15) <> 0
  )) AS "eliciting",
  countIf(bitAnd("t4"."cues", 1) <> 0) AS "cue_1",
  countIf(bitAnd("t4"."cues", 2) <> 0) AS "cue_2",
  countIf(bitAnd("t4"."cues", 4) <> 0) AS "cue_4",
  countIf(bitAnd("t4"."cues", 8) <> 0) AS "cue_8",
  countIf(bitAnd("t4"."cues", 16) <> 0) AS "cue_16",
  COUNT("t4"."worth") AS "answers",
  CAST(COALESCE(SUM(CAST("t4"."worth" AS Nullable(Float64))), 0.0) AS Nullable(Int64)) AS "worth"
FROM (
  SELECT
    *
  FROM "sightings" AS "t0"
  WHERE
    "t0"."ts_us" >= (
      (
        SELECT
          MAX("t1"."after_us") AS "Max(after_us)"
        FROM "span" AS "t1"
      ) - 3600000000
    )
    AND "t0"."ts_us" < (
      SELECT
        MAX("t1"."until_us") AS "Max(until_us)"
      FROM "span" AS "t1"
    )
    AND "t0"."ts_us" >= (
      SELECT
        MAX("t1"."after_us") AS "Max(after_us)"
      FROM "span" AS "t1"
    )
) AS "t4"
GROUP BY
  (
    "t4"."ts_us" - (
      "t4"."ts_us" % 3600000000
    )
  ) + 3600000000,
  "t4"."account";

-- postings
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      (
        "t10"."first_us" - (
          "t10"."first_us" % 3600000000
        )
      ) + 3600000000 AS "window_us",
      "t10"."account" AS "account",
      'claim' AS "kind",
      "t10"."token" AS "token",
      "t10"."org" AS "org",
      "t10"."first_us" AS "first_us"
    FROM (
      SELECT
        "t4"."account" AS "account",
        "t4"."claim" AS "token",
        MIN("t4"."org") AS "org",
        MIN("t4"."ts_us") AS "first_us"
      FROM (
        SELECT
          *
        FROM "sightings" AS "t0"
        WHERE
          "t0"."ts_us" >= (
            (
              SELECT
                MAX("t1"."after_us") AS "Max(after_us)"
              FROM "span" AS "t1"
            ) - 3600000000
          )
          AND "t0"."ts_us" < (
            SELECT
              MAX("t1"."until_us") AS "Max(until_us)"
            FROM "span" AS "t1"
          )
          AND "t0"."ts_us" >= (
            SELECT
              MAX("t1"."after_us") AS "Max(after_us)"
            FROM "span" AS "t1"
          )
          AND isNotNull("t0"."claim")
      ) AS "t4"
      GROUP BY
        "t4"."account",
        "t4"."claim"
    ) AS "t10"
  ) AS "t16"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      (
        "t11"."first_us" - (
          "t11"."first_us" % 3600000000
        )
      ) + 3600000000 AS "window_us",
      "t11"."account" AS "account",
      'model' AS "kind",
      "t11"."token" AS "token",
      "t11"."org" AS "org",
      "t11"."first_us" AS "first_us"
    FROM (
      SELECT
        "t5"."account" AS "account",
        "t5"."model" AS "token",
        MIN("t5"."org") AS "org",
        MIN("t5"."ts_us") AS "first_us"
      FROM (
        SELECT
          *
        FROM "sightings" AS "t0"
        WHERE
          "t0"."ts_us" >= (
            (
              SELECT
                MAX("t1"."after_us") AS "Max(after_us)"
              FROM "span" AS "t1"
            ) - 3600000000
          )
          AND "t0"."ts_us" < (
            SELECT
              MAX("t1"."until_us") AS "Max(until_us)"
            FROM "span" AS "t1"
          )
          AND "t0"."ts_us" >= (
            SELECT
              MAX("t1"."after_us") AS "Max(after_us)"
            FROM "span" AS "t1"
          )
          AND isNotNull("t0"."model")
      ) AS "t5"
      GROUP BY
        "t5"."account",
        "t5"."model"
    ) AS "t11"
  ) AS "t17"
) AS "t22"
UNION ALL
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        (
          "t12"."first_us" - (
            "t12"."first_us" % 3600000000
          )
        ) + 3600000000 AS "window_us",
        "t12"."account" AS "account",
        'payment' AS "kind",
        "t12"."token" AS "token",
        "t12"."org" AS "org",
        "t12"."first_us" AS "first_us"
      FROM (
        SELECT
          "t6"."account" AS "account",
          "t6"."payment" AS "token",
          MIN("t6"."org") AS "org",
          MIN("t6"."ts_us") AS "first_us"
        FROM (
          SELECT
            *
          FROM "sightings" AS "t0"
          WHERE
            "t0"."ts_us" >= (
              (
                SELECT
                  MAX("t1"."after_us") AS "Max(after_us)"
                FROM "span" AS "t1"
              ) - 3600000000
            )
            AND "t0"."ts_us" < (
              SELECT
                MAX("t1"."until_us") AS "Max(until_us)"
              FROM "span" AS "t1"
            )
            AND "t0"."ts_us" >= (
              SELECT
                MAX("t1"."after_us") AS "Max(after_us)"
              FROM "span" AS "t1"
            )
            AND isNotNull("t0"."payment")
        ) AS "t6"
        GROUP BY
          "t6"."account",
          "t6"."payment"
      ) AS "t12"
    ) AS "t18"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        (
          "t13"."first_us" - (
            "t13"."first_us" % 3600000000
          )
        ) + 3600000000 AS "window_us",
        "t13"."account" AS "account",
        'network' AS "kind",
        "t13"."token" AS "token",
        "t13"."org" AS "org",
        "t13"."first_us" AS "first_us"
      FROM (
        SELECT
          "t7"."account" AS "account",
          "t7"."network" AS "token",
          MIN("t7"."org") AS "org",
          MIN("t7"."ts_us") AS "first_us"
        FROM (
          SELECT
            *
          FROM "sightings" AS "t0"
          WHERE
            "t0"."ts_us" >= (
              (
                SELECT
                  MAX("t1"."after_us") AS "Max(after_us)"
                FROM "span" AS "t1"
              ) - 3600000000
            )
            AND "t0"."ts_us" < (
              SELECT
                MAX("t1"."until_us") AS "Max(until_us)"
              FROM "span" AS "t1"
            )
            AND "t0"."ts_us" >= (
              SELECT
                MAX("t1"."after_us") AS "Max(after_us)"
              FROM "span" AS "t1"
            )
            AND isNotNull("t0"."network")
        ) AS "t7"
        GROUP BY
          "t7"."account",
          "t7"."network"
      ) AS "t13"
    ) AS "t19"
  ) AS "t23"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        (
          "t14"."first_us" - (
            "t14"."first_us" % 3600000000
          )
        ) + 3600000000 AS "window_us",
        "t14"."account" AS "account",
        'client' AS "kind",
        "t14"."token" AS "token",
        "t14"."org" AS "org",
        "t14"."first_us" AS "first_us"
      FROM (
        SELECT
          "t8"."account" AS "account",
          "t8"."client" AS "token",
          MIN("t8"."org") AS "org",
          MIN("t8"."ts_us") AS "first_us"
        FROM (
          SELECT
            *
          FROM "sightings" AS "t0"
          WHERE
            "t0"."ts_us" >= (
              (
                SELECT
                  MAX("t1"."after_us") AS "Max(after_us)"
                FROM "span" AS "t1"
              ) - 3600000000
            )
            AND "t0"."ts_us" < (
              SELECT
                MAX("t1"."until_us") AS "Max(until_us)"
              FROM "span" AS "t1"
            )
            AND "t0"."ts_us" >= (
              SELECT
                MAX("t1"."after_us") AS "Max(after_us)"
              FROM "span" AS "t1"
            )
            AND isNotNull("t0"."client")
        ) AS "t8"
        GROUP BY
          "t8"."account",
          "t8"."client"
      ) AS "t14"
    ) AS "t20"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        (
          "t15"."first_us" - (
            "t15"."first_us" % 3600000000
          )
        ) + 3600000000 AS "window_us",
        "t15"."account" AS "account",
        'asn' AS "kind",
        "t15"."token" AS "token",
        "t15"."org" AS "org",
        "t15"."first_us" AS "first_us"
      FROM (
        SELECT
          "t9"."account" AS "account",
          "t9"."asn" AS "token",
          MIN("t9"."org") AS "org",
          MIN("t9"."ts_us") AS "first_us"
        FROM (
          SELECT
            *
          FROM "sightings" AS "t0"
          WHERE
            "t0"."ts_us" >= (
              (
                SELECT
                  MAX("t1"."after_us") AS "Max(after_us)"
                FROM "span" AS "t1"
              ) - 3600000000
            )
            AND "t0"."ts_us" < (
              SELECT
                MAX("t1"."until_us") AS "Max(until_us)"
              FROM "span" AS "t1"
            )
            AND "t0"."ts_us" >= (
              SELECT
                MAX("t1"."after_us") AS "Max(after_us)"
              FROM "span" AS "t1"
            )
            AND isNotNull("t0"."asn")
        ) AS "t9"
        GROUP BY
          "t9"."account",
          "t9"."asn"
      ) AS "t15"
    ) AS "t21"
  ) AS "t24"
) AS "t25";

-- firsts
SELECT
  *
FROM (
  SELECT
    "t12"."window_us" AS "window_us",
    "t12"."account" AS "account",
    "t12"."ts_us" AS "ts_us",
    "t12"."exchange_hash" AS "exchange_hash",
    "t6"."prompt_hash" AS "prompt_hash",
    "t6"."system_hash" AS "system_hash",
    "t6"."head_hash" AS "head_hash",
    "t6"."band_0" AS "band_0",
    "t6"."band_1" AS "band_1",
    "t6"."band_2" AS "band_2",
    "t6"."band_3" AS "band_3",
    "t6"."has_content" AS "has_content",
    "t6"."features" AS "features",
    "t12"."of_window" AS "of_window",
    "t6"."org" AS "org"
  FROM (
    SELECT
      "t10".*
      EXCEPT ("place")
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t8"."account" AS "account",
          "t8"."ts_us" AS "ts_us",
          "t8"."exchange_hash" AS "exchange_hash",
          "t8"."window_us" AS "window_us",
          ROW_NUMBER() OVER (
            PARTITION BY "t8"."window_us", "t8"."account"
            ORDER BY "t8"."ts_us" ASC, "t8"."exchange_hash" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "place",
          COUNT(*) OVER (
            PARTITION BY "t8"."window_us", "t8"."account"
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) AS "of_window"
        FROM (
          SELECT
            "t7"."account" AS "account",
            "t7"."ts_us" AS "ts_us",
            "t7"."exchange_hash" AS "exchange_hash",
            (
              (
                "t7"."ts_us" + 3600000000
              ) - (
                (
                  "t7"."ts_us" + 3600000000
                ) % 3600000000
              )
            ) + 3600000000 AS "window_us"
          FROM (
            SELECT
              "t5"."account" AS "account",
              "t5"."ts_us" AS "ts_us",
              "t5"."exchange_hash" AS "exchange_hash",
              "t5"."is_first" AS "is_first",
              "t5"."is_second" AS "is_second",
              leadInFrame("t5"."is_second") OVER (
                PARTITION BY "t5"."account"
                ORDER BY "t5"."ts_us" ASC, "t5"."exchange_hash" ASC
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS "next_is_second",
              leadInFrame("t5"."ts_us") OVER (
                PARTITION BY "t5"."account"
                ORDER BY "t5"."ts_us" ASC, "t5"."exchange_hash" ASC
                ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
              ) AS "next_us"
            FROM (
              SELECT
                "t1"."account" AS "account",
                "t1"."ts_us" AS "ts_us",
                "t1"."exchange_hash" AS "exchange_hash",
                "t1"."is_first" AS "is_first",
                "t1"."is_second" AS "is_second"
              FROM "sightings" AS "t1"
              WHERE
                "t1"."ts_us" >= (
                  (
                    SELECT
                      MAX("t0"."after_us") AS "Max(after_us)"
                    FROM "span" AS "t0"
                  ) - 3600000000
                )
                AND "t1"."ts_us" < (
                  SELECT
                    MAX("t0"."until_us") AS "Max(until_us)"
                  FROM "span" AS "t0"
                )
                AND (
                  "t1"."is_first" OR "t1"."is_second"
                )
            ) AS "t5"
          ) AS "t7"
          WHERE
            "t7"."is_first"
            AND NOT (
              COALESCE("t7"."next_is_second", FALSE)
              AND (
                (
                  COALESCE("t7"."next_us", "t7"."ts_us") - "t7"."ts_us"
                ) < 3600000000
              )
            )
        ) AS "t8"
      ) AS "t9"
      WHERE
        "t9"."place" < 64
    ) AS "t10"
  ) AS "t12"
  INNER JOIN (
    SELECT
      "t1"."account" AS "account",
      "t1"."ts_us" AS "ts_us",
      "t1"."exchange_hash" AS "exchange_hash",
      "t1"."prompt_hash" AS "prompt_hash",
      "t1"."system_hash" AS "system_hash",
      "t1"."head_hash" AS "head_hash",
      "t1"."band_0" AS "band_0",
      "t1"."band_1" AS "band_1",
      "t1"."band_2" AS "band_2",
      "t1"."band_3" AS "band_3",
      "t1"."has_content" AS "has_content",
      "t1"."features" AS "features",
      "t1"."org" AS "org"
    FROM "sightings" AS "t1"
    WHERE
      "t1"."ts_us" >= (
        (
          SELECT
            MAX("t0"."after_us") AS "Max(after_us)"
          FROM "span" AS "t0"
        ) - 3600000000
      )
      AND "t1"."ts_us" < (
        SELECT
          MAX("t0"."until_us") AS "Max(until_us)"
        FROM "span" AS "t0"
      )
  ) AS "t6"
    ON "t12"."account" = "t6"."account"
    AND "t12"."ts_us" = "t6"."ts_us"
    AND "t12"."exchange_hash" = "t6"."exchange_hash"
) AS "t13"
WHERE
  "t13"."window_us" > (
    SELECT
      MAX("t0"."after_us") AS "Max(after_us)"
    FROM "span" AS "t0"
  )
  AND "t13"."window_us" <= (
    SELECT
      MAX("t0"."until_us") AS "Max(until_us)"
    FROM "span" AS "t0"
  );

-- systems
SELECT
  "t5"."system_hash" AS "system_hash",
  "t5"."org" AS "org",
  "t5"."first_us" AS "first_us",
  (
    "t5"."first_us" - (
      "t5"."first_us" % 3600000000
    )
  ) + 3600000000 AS "window_us"
FROM (
  SELECT
    "t4"."system_hash" AS "system_hash",
    "t4"."org" AS "org",
    MIN("t4"."ts_us") AS "first_us"
  FROM (
    SELECT
      *
    FROM "sightings" AS "t0"
    WHERE
      "t0"."ts_us" >= (
        (
          SELECT
            MAX("t1"."after_us") AS "Max(after_us)"
          FROM "span" AS "t1"
        ) - 3600000000
      )
      AND "t0"."ts_us" < (
        SELECT
          MAX("t1"."until_us") AS "Max(until_us)"
        FROM "span" AS "t1"
      )
      AND "t0"."ts_us" >= (
        SELECT
          MAX("t1"."after_us") AS "Max(after_us)"
        FROM "span" AS "t1"
      )
      AND "t0"."system_hash" <> 0
  ) AS "t4"
  GROUP BY
    "t4"."system_hash",
    "t4"."org"
) AS "t5";

-- lessons
SELECT
  "t15"."account" AS "account",
  "t15"."k" AS "k",
  "t9"."features" AS "features",
  (
    "t15"."ts_us" - (
      "t15"."ts_us" % 3600000000
    )
  ) + 3600000000 AS "window_us"
FROM (
  SELECT
    *
  FROM (
    SELECT
      "t12"."account" AS "account",
      "t12"."ts_us" AS "ts_us",
      "t12"."exchange_hash" AS "exchange_hash",
      "t12"."place" + COALESCE("t4"."before", 0) + 1 AS "k"
    FROM (
      SELECT
        *
      FROM (
        SELECT
          "t8"."account" AS "account",
          "t8"."ts_us" AS "ts_us",
          "t8"."exchange_hash" AS "exchange_hash",
          "t8"."has_content" AS "has_content",
          ROW_NUMBER() OVER (
            PARTITION BY "t8"."account"
            ORDER BY "t8"."ts_us" ASC, "t8"."exchange_hash" ASC
            ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
          ) - 1 AS "place"
        FROM (
          SELECT
            "t0"."account" AS "account",
            "t0"."ts_us" AS "ts_us",
            "t0"."exchange_hash" AS "exchange_hash",
            "t0"."has_content" AS "has_content"
          FROM "sightings" AS "t0"
          WHERE
            "t0"."ts_us" >= (
              (
                SELECT
                  MAX("t2"."after_us") AS "Max(after_us)"
                FROM "span" AS "t2"
              ) - 3600000000
            )
            AND "t0"."ts_us" < (
              SELECT
                MAX("t2"."until_us") AS "Max(until_us)"
              FROM "span" AS "t2"
            )
            AND "t0"."ts_us" >= (
              SELECT
                MAX("t2"."after_us") AS "Max(after_us)"
              FROM "span" AS "t2"
            )
        ) AS "t8"
      ) AS "t10"
      WHERE
        "t10"."place" < 32 AND "t10"."has_content"
    ) AS "t12"
    LEFT OUTER JOIN (
      SELECT
        "t1"."account" AS "account",
        "t1"."count" AS "before"
      FROM "known" AS "t1"
    ) AS "t4"
      ON "t12"."account" = "t4"."account"
  ) AS "t13"
  WHERE
    "t13"."k" <= 32
) AS "t15"
INNER JOIN (
  SELECT
    "t0"."account" AS "account",
    "t0"."ts_us" AS "ts_us",
    "t0"."exchange_hash" AS "exchange_hash",
    "t0"."features" AS "features"
  FROM "sightings" AS "t0"
  WHERE
    "t0"."ts_us" >= (
      (
        SELECT
          MAX("t2"."after_us") AS "Max(after_us)"
        FROM "span" AS "t2"
      ) - 3600000000
    )
    AND "t0"."ts_us" < (
      SELECT
        MAX("t2"."until_us") AS "Max(until_us)"
      FROM "span" AS "t2"
    )
    AND "t0"."ts_us" >= (
      SELECT
        MAX("t2"."after_us") AS "Max(after_us)"
      FROM "span" AS "t2"
    )
) AS "t9"
  ON "t15"."account" = "t9"."account"
  AND "t15"."ts_us" = "t9"."ts_us"
  AND "t15"."exchange_hash" = "t9"."exchange_hash";

-- prompts
SELECT
  "t3"."window_us" AS "window_us",
  "t3"."account" AS "account",
  "t3"."kind" AS "kind",
  "t3"."token" AS "token",
  "t3"."org" AS "org",
  "t3"."first_us" AS "first_us"
FROM (
  SELECT
    "t2"."account" AS "account",
    "t2"."token" AS "token",
    "t2"."window_us" AS "window_us",
    "t2"."org" AS "org",
    "t2"."first_us" AS "first_us",
    ROW_NUMBER() OVER (
      PARTITION BY "t2"."account"
      ORDER BY "t2"."token" ASC
      ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    ) - 1 AS "place",
    'prompt' AS "kind"
  FROM (
    SELECT
      "t1"."account" AS "account",
      "t1"."prompt_hash" AS "token",
      MIN("t1"."window_us") AS "window_us",
      MIN("t1"."org") AS "org",
      MIN("t1"."ts_us") AS "first_us"
    FROM (
      SELECT
        *
      FROM "firsts" AS "t0"
      WHERE
        "t0"."prompt_hash" <> 0
    ) AS "t1"
    GROUP BY
      "t1"."account",
      "t1"."prompt_hash"
  ) AS "t2"
) AS "t3"
WHERE
  "t3"."place" < 48;

-- pairs
SELECT
  *
FROM (
  SELECT
    "t1"."account" AS "account_a",
    "t7"."account" AS "account_b",
    "t1"."kind" AS "kind",
    "t1"."token" AS "token",
    "t5"."df" AS "df",
    GREATEST("t1"."first_us", "t7"."first_us") AS "since_us"
  FROM "postings" AS "t1"
  INNER JOIN (
    SELECT
      *
    FROM (
      SELECT
        "t2"."kind" AS "kind",
        "t2"."token" AS "token",
        COUNT(*) AS "df"
      FROM (
        SELECT DISTINCT
          "t0"."kind" AS "kind",
          "t0"."token" AS "token",
          "t0"."org" AS "org"
        FROM "postings" AS "t0"
      ) AS "t2"
      GROUP BY
        "t2"."kind",
        "t2"."token"
    ) AS "t3"
    WHERE
      "t3"."df" BETWEEN 2 AND 100
  ) AS "t5"
    ON "t1"."kind" = "t5"."kind" AND "t1"."token" = "t5"."token"
  INNER JOIN (
    SELECT
      "t1"."window_us" AS "window_us",
      "t1"."account" AS "account",
      "t1"."kind" AS "kind",
      "t1"."token" AS "token",
      "t1"."org" AS "org",
      "t1"."first_us" AS "first_us",
      "t5"."df" AS "df"
    FROM "postings" AS "t1"
    INNER JOIN (
      SELECT
        *
      FROM (
        SELECT
          "t2"."kind" AS "kind",
          "t2"."token" AS "token",
          COUNT(*) AS "df"
        FROM (
          SELECT DISTINCT
            "t0"."kind" AS "kind",
            "t0"."token" AS "token",
            "t0"."org" AS "org"
          FROM "postings" AS "t0"
        ) AS "t2"
        GROUP BY
          "t2"."kind",
          "t2"."token"
      ) AS "t3"
      WHERE
        "t3"."df" BETWEEN 2 AND 100
    ) AS "t5"
      ON "t1"."kind" = "t5"."kind" AND "t1"."token" = "t5"."token"
  ) AS "t7"
    ON "t1"."kind" = "t7"."kind"
    AND "t1"."token" = "t7"."token"
    AND "t1"."account" < "t7"."account"
    AND "t1"."org" <> "t7"."org"
) AS "t8";

-- edges
SELECT
  "t0"."account_a" AS "account_a",
  "t0"."account_b" AS "account_b",
  COUNT(*) AS "shared",
  SUM(LN(CAST(1000 AS Nullable(Float64)) / CAST("t0"."df" AS Nullable(Float64)))) AS "weight",
  MIN("t0"."since_us") AS "since_us"
FROM "pairs" AS "t0"
GROUP BY
  "t0"."account_a",
  "t0"."account_b";

-- lives
SELECT
  "t0"."account" AS "account",
  "t0"."org" AS "org",
  COUNT(*) AS "count",
  countIf("t0"."is_first") AS "firsts",
  countIf("t0"."system_hash" <> 0) AS "systems",
  MIN("t0"."ts_us") AS "first_us",
  MAX("t0"."ts_us") AS "last_us"
FROM "given" AS "t0"
GROUP BY
  "t0"."account",
  "t0"."org";

-- shifted_activity
SELECT
  "t2"."window_us" + "t3"."offset_us" AS "window_us",
  "t2"."account" AS "account",
  "t2"."org" AS "org",
  "t2"."count" AS "count",
  "t2"."first_us" + "t3"."offset_us" AS "first_us",
  "t2"."last_us" + "t3"."offset_us" AS "last_us",
  "t2"."signup_us" + "t3"."offset_us" AS "signup_us",
  "t2"."contents" AS "contents",
  "t2"."eliciting" AS "eliciting",
  "t2"."cue_1" AS "cue_1",
  "t2"."cue_2" AS "cue_2",
  "t2"."cue_4" AS "cue_4",
  "t2"."cue_8" AS "cue_8",
  "t2"."cue_16" AS "cue_16",
  "t2"."answers" AS "answers",
  "t2"."worth" AS "worth"
FROM "activity" AS "t2"
INNER JOIN "account_offsets" AS "t3"
  ON "t2"."account" = "t3"."name";

-- shifted_postings
SELECT
  "t2"."window_us" + "t3"."offset_us" AS "window_us",
  "t2"."account" AS "account",
  "t2"."kind" AS "kind",
  "t2"."token" AS "token",
  "t2"."org" AS "org",
  "t2"."first_us" + "t3"."offset_us" AS "first_us"
FROM "postings" AS "t2"
INNER JOIN "account_offsets" AS "t3"
  ON "t2"."account" = "t3"."name";

-- shifted_firsts
SELECT
  "t2"."window_us" + "t3"."offset_us" AS "window_us",
  "t2"."account" AS "account",
  "t2"."ts_us" + "t3"."offset_us" AS "ts_us",
  "t2"."exchange_hash" AS "exchange_hash",
  "t2"."prompt_hash" AS "prompt_hash",
  "t2"."system_hash" AS "system_hash",
  "t2"."head_hash" AS "head_hash",
  "t2"."band_0" AS "band_0",
  "t2"."band_1" AS "band_1",
  "t2"."band_2" AS "band_2",
  "t2"."band_3" AS "band_3",
  "t2"."has_content" AS "has_content",
  "t2"."features" AS "features",
  "t2"."of_window" AS "of_window"
FROM "firsts" AS "t2"
INNER JOIN "account_offsets" AS "t3"
  ON "t2"."account" = "t3"."name";

-- shifted_systems
SELECT
  "t2"."window_us" + "t3"."offset_us" AS "window_us",
  "t2"."system_hash" AS "system_hash",
  "t2"."org" AS "org",
  "t2"."first_us" + "t3"."offset_us" AS "first_us"
FROM "systems" AS "t2"
INNER JOIN "org_offsets" AS "t3"
  ON "t2"."org" = "t3"."name";

-- shifted_lessons
SELECT
  "t2"."window_us" + "t3"."offset_us" AS "window_us",
  "t2"."account" AS "account",
  "t2"."k" AS "k",
  "t2"."features" AS "features"
FROM "lessons" AS "t2"
INNER JOIN "account_offsets" AS "t3"
  ON "t2"."account" = "t3"."name";
