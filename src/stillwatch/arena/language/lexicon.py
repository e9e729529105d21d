# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501, SIM905 - a table is read along its lines, and a list of words reads best as words
"""Subjects that people talk about, each with its own words. Long because it is a table.

One line a subject: name | things | doings | qualities. Things are nouns without an article, doings are verb phrases
in the form that follows "to".
"""

from dataclasses import dataclass

_TABLE = """
sourdough|starter, rye flour, crust, proofing basket, levain, crumb, hydration, bench scraper, dutch oven, bran|score the loaf, feed the starter, shape a boule, retard the dough, steam the oven, dry the starter|sour, gummy, airy, dense, overproofed, chewy
bees|hive, queen, brood frame, smoker, varroa mite, super, nectar flow, swarm, propolis, apiary|split a colony, requeen, treat for mites, harvest honey, overwinter a hive, catch a swarm|aggressive, weak, queenless, capped, damp, healthy
cycling|derailleur, bottom bracket, gravel bike, cassette, chainring, tubeless tyre, saddle, brake pad, hub, spoke|true a wheel, bleed the brakes, index the gears, plan a tour, train for a climb, fit a rack|creaky, worn, stiff, rusty, light, wobbly
astronomy|nebula, eyepiece, meteor shower, exoplanet, red giant, dobsonian, star chart, eclipse, galaxy, parallax|collimate a mirror, photograph the moon, find Saturn, measure a light curve, polar align, stack frames|faint, bright, distant, spiral, blurry, variable
tax|deduction, invoice, allowance, tax year, receipt, mileage, dividend, withholding, audit, pension|file late, claim a home office, depreciate a laptop, register for sales tax, split income, amend a return|deductible, exempt, overdue, taxable, quarterly, foreign
gardening|tomato, compost, raised bed, aphid, mulch, seedling, trellis, slug, rhubarb, soil|prune a pear tree, harden off seedlings, rotate crops, build a cold frame, save seed, water less|leggy, yellow, shady, acidic, bitter, frost-hardy
toddlers|nap, nursery, tantrum, bedtime, potty, highchair, weaning, daycare, cot, pushchair|settle a toddler, drop a nap, introduce nuts, leave nappies behind, pack for a flight, share toys|overtired, clingy, picky, early, noisy, teething
chess|endgame, sicilian, rook, pawn structure, gambit, bishop pair, zugzwang, blunder, fork, opening|castle late, trade queens, hold a draw, study tactics, attack the king, play the london|sharp, solid, passive, cramped, winning, drawn
guitar|chord, capo, pickup, fret, barre, pedal, strap, fingerpicking, scale, amplifier|restring a guitar, set the action, learn by ear, mute the strings, record a demo, change key|buzzing, muddy, clean, flat, twangy, loud
running|marathon, tempo run, heel, cadence, shin splint, taper, interval, long run, blister, half marathon|run in heat, build mileage, pace a race, stretch the calves, come back from injury, cross-train|sore, easy, hilly, fast, dehydrated, tight
physics|momentum, photon, entropy, pendulum, capacitor, wavefunction, torque, spectrum, field, friction|derive the period, conserve energy, measure resistance, apply a boundary condition, cancel units, estimate drag|inertial, coherent, elastic, adiabatic, relativistic, dimensionless
chemistry|catalyst, titration, buffer, isomer, oxidation, ligand, solvent, precipitate, enzyme, molarity|balance an equation, purify a sample, draw a mechanism, dilute an acid, assign a spectrum, dry a solvent|polar, volatile, aromatic, saturated, exothermic, basic
history|treaty, dynasty, siege, charter, plague, census, guild, archive, empire, reformation|date a manuscript, compare sources, trace a family line, explain a revolt, outline an essay, cite a letter|medieval, contested, colonial, primary, decisive, imperial
spanish|subjunctive, verb, accent, idiom, gender, past tense, pronoun, flashcard, dialogue, reflexive|conjugate a verb, order food, roll an r, write to a landlord, tell por from para, practise daily|formal, irregular, polite, fluent, colloquial, regional
travel|visa, layover, hostel, rail pass, ferry, itinerary, carry-on, border, guesthouse, night train|change trains, pack light, avoid crowds, rent a car, book a ferry, spend three days|scenic, cheap, remote, rainy, crowded, walkable
weddings|venue, seating plan, toast, florist, invitation, caterer, bouquet, registry, best man, band|write vows, cut the guest list, plan a speech, word an invitation, choose a menu, seat divorced parents|awkward, rustic, late, intimate, formal, outdoor
cats|litter box, kitten, vet, carrier, scratching post, hairball, flea, collar, harness, kibble|introduce two cats, stop scratching, give a pill, trim claws, travel with a cat, foster a litter|shy, overweight, elderly, skittish, vocal, indoor
cameras|aperture, shutter, tripod, prime lens, histogram, flash, sensor, film, filter, bokeh|expose for snow, focus at night, develop film, shoot a portrait, clean a sensor, edit in batches|grainy, sharp, overexposed, backlit, wide, soft
woodwork|dovetail, chisel, plane, mortise, oak, glue, bandsaw, veneer, jig, varnish|cut a joint, flatten a board, sharpen a chisel, finish a table, square a frame, bend wood|warped, square, knotty, smooth, split, rough
sailing|jib, halyard, tiller, keel, reef, anchor, tide, mooring, compass, spinnaker|reef in a blow, anchor overnight, read a chart, heave to, trim the main, cross a bar|gusty, slack, sheltered, leeward, choppy, calm
poetry|sonnet, metaphor, stanza, rhyme, elegy, refrain, metre, haiku, image, line break|end a poem, revise a draft, scan a line, write about grief, avoid cliche, translate a haiku|spare, lyrical, sentimental, broken, musical, opaque
mortgages|deposit, interest rate, fixed term, broker, equity, valuation, repayment, lender, credit score, closing|overpay a loan, remortgage early, compare offers, buy with a friend, lock a rate, read a survey|variable, joint, fixed, refundable, monthly, secured
hiring|job advert, interview, referee, probation, salary band, shortlist, panel, offer letter, onboarding, appraisal|turn down a candidate, write a reference, negotiate pay, ask for feedback, explain a gap, plan a first week|junior, remote, fair, vague, senior, part-time
coffee|grinder, espresso, crema, pour over, kettle, portafilter, roast, filter, burr, bloom|dial in a shot, descale a machine, steam milk, store beans, brew for six, taste blind|sour, bitter, watery, fruity, stale, balanced
knitting|yarn, gauge, cable, sleeve, stitch marker, cast-on, sock heel, swatch, needle, cardigan|pick up stitches, turn a heel, block a shawl, fix a dropped stitch, resize a pattern, knit in the round|loose, itchy, seamless, ribbed, twisted, chunky
houses|boiler, damp, gutter, plaster, radiator, insulation, skirting, fuse box, loft, grout|bleed a radiator, fix a drip, hang a door, insulate a loft, paint a ceiling, find a leak|draughty, leaky, cracked, mouldy, noisy, cold
birds|warbler, nest box, feeder, plumage, migration, heron, binoculars, hawk, dawn chorus, wader|tell gulls apart, attract finches, log a sighting, learn songs, clean a feeder, count a roost|rare, juvenile, moulting, common, shy, striped
boardgames|worker, meeple, expansion, dice, hand, auction, scoring, rulebook, scenario, deck|teach the rules, house-rule a tie, win on points, sleeve cards, pick a game for six, design a map|balanced, long, luck-heavy, cooperative, fiddly, light
statistics|confidence interval, regression, outlier, sample, prior, residual, variance, p-value, bootstrap, survey|check normality, impute a value, report an effect, compare two groups, choose a prior, plot residuals|skewed, significant, biased, paired, robust, noisy
databases|index, transaction, migration, replica, deadlock, foreign key, schema, query plan, vacuum, partition|add a column, speed up a join, restore a backup, rename a table, page results, tune a pool|slow, stale, normalised, locked, sharded, nullable
frontend|component, stylesheet, modal, router, hook, form, tooltip, viewport, bundle, carousel|centre a div, debounce a search, lazy load images, test a form, trap focus, animate a menu|responsive, janky, accessible, nested, sticky, blank
networks|subnet, firewall, router, packet, dns record, gateway, switch, vlan, latency, certificate|trace a route, open a port, renew a certificate, split a subnet, capture packets, mirror traffic|unreachable, flaky, private, encrypted, congested, idle
law|contract, clause, tenant, notice, liability, witness, appeal, damages, landlord, statute|end a lease, dispute a fee, draft a notice, serve papers, read a clause, settle a claim|binding, void, implied, reasonable, breached, written
nutrition|protein, fibre, portion, iron, snack, breakfast, lentil, vitamin, oat, sugar|plan a week of meals, cut salt, gain weight, cook for one, read a label, eat before training|low-fat, filling, vegan, salty, cheap, balanced
novels|chapter, narrator, villain, subplot, prologue, dialogue, setting, draft, twist, sequel|open a chapter, pace a scene, name a town, kill a darling, write a villain, outline a trilogy|flat, gothic, brooding, unreliable, slow, tense
robots|servo, encoder, gripper, lidar, gait, controller, gearbox, torque sensor, chassis, firmware|tune a loop, map a room, solder a board, calibrate an arm, avoid an obstacle, log telemetry|jerky, precise, wheeled, underpowered, autonomous, noisy
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One thing to talk about, with the words that belong to it."""

    name: str
    things: tuple[str, ...]
    doings: tuple[str, ...]
    qualities: tuple[str, ...]


def _subject(line: str) -> Subject:
    """One line of the table."""
    name, *columns = line.split("|")
    things, doings, qualities = (tuple(word.strip() for word in column.split(",")) for column in columns)
    return Subject(name=name, things=things, doings=doings, qualities=qualities)


SUBJECTS: tuple[Subject, ...] = tuple(_subject(line) for line in _TABLE.strip().splitlines())
"""Every subject, in a fixed order."""

NAMES = tuple(
    (
        "Ada Ben Chloe Dmitri Elena Farid Grace Hugo Ines Jonas Keiko Liam Maya Nils Omar Priya Quinn Rosa Sven Tariq "
        "Uma Viktor Wanda Yusuf Zoe Amara Bruno Carla Dario Esther"
    ).split()
)
"""First names for the people in stories and problems."""

PLACES = tuple(
    (
        "Porto Leeds Lyon Graz Utrecht Bergen Malmo Turin Ghent Basel Cork Split Gdansk Bilbao Tartu Riga Nantes Kyoto "
        "Lima Accra Hobart Quito Oaxaca Cusco Dakar"
    ).split()
)
"""Towns for the same."""
