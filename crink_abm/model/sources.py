"""Where figures come from: the key a parameter names, and the work behind it.

Keys F… are the figures compiled for this project (value, range, source and how
each was known); the others are literature.
"""

SOURCES: dict[str, str] = {
    "assumed": "Our assumption; the range is what we would not rule out.",
    "F034": "CNS/NTI missile test database: 1.81 launch days a month in 2022-24, variance/mean 1.64, empty months 0.22.",
    "Launches 2012-19": "Launch days of 2012-19 (CNS/NTI) under the rule of testing regimes: mode and two standard errors, docs/testing_campaign.md.",
    "F040-F045": "Exercises and provocations: rate ratio 1.90 [1.28, 2.82] in one count, null in D'Orazio 2012 and CSIS 2016.",
    "F058": "Taiwan MND monthly counts 2022-08 to 2024-12: mean 416 aircraft, s.d. 123; log lag-1 autocorrelation about 0.56.",
    "F081": "Correlates of War MID 5: Korean onsets given Taiwan onsets, odds ratio 0.95 [0.33, 2.70], 1954-2014.",
    "F082-F083": "Correlates of War MID 5: onsets in Asia given a US war elsewhere, odds ratios 1.51 and 2.67, both straddling 1.",
    "F088": "Correlates of War MID 5: DPRK-ROK onsets 0.52 a year, 1990-2014; no war.",
    "F092": "Correlates of War MID 5: China-Taiwan onsets 0.48 a year, 1990-2014; no war.",
    "F102": "Correlates of War MID 5: Iran-US onsets 0.36 a year, 1990-2014.",
    "F107": "International Crisis Behavior v14: Korean crises last 16 to 600 days, median 210.",
    "F128": "Press 2025: two or three Patriot batteries moved from Korea to the Middle East and back.",
    "F133-F134": "RAND RR2533 (2020): heavy ground forces near a theatre deter; light forces go with more disputes.",
    "F138": "Alliance fulfilment 0.22-0.75: Leeds, Long and Mitchell 2000; Berkemeier and Fuhrmann 2018.",
    "F146-F161": "Elicitations of an invasion of Taiwan over five to ten years: CSIS experts 2022, Polymarket, Metaculus, Samotsvety, superforecasters (0.05-0.25).",
    "F168": "Our bounds on a Korean front within a year of a Taiwan war (0.05-0.60): no public number found; Garlauskas 2023 and Guardian Tiger 2025 call simultaneity likely.",
    "F169": "Our bounds on war in Korea (0.002-0.02 a year): none of 11 ICB crises 1993-2017 and one war since 1950 (COW).",
    "F151": "CSIS expert survey 2024: US intervention 0.96 in an invasion, 0.79 in a blockade, 0.63 in a quarantine.",
    "F182": "Open Source Centre / Reuters: 64 voyages, 2023-08 to 2025-03.",
    "F208": "Share of Russian shells from Pyongyang 0.4-0.75 (press, 2024-25).",
    "F230-F231": "UN Security Council: ten tightening resolutions 2006-17, none since; panel vetoed 2024-03.",
    "F232-F236": "Chainalysis and MSMT: cyber theft 0.7 to 2 billion USD a year.",
    "F237-F242": "SIPRI military expenditure 2025: US 954, China 336, Japan 62, South Korea 48, Taiwan 18 billion USD.",
    "F246": "CSIS wargame 2023: China fails in most of 24 games with the US and Japan in.",
    "F253-F255": "Shahed deliveries to Russia 2022-25, later made in Russia.",
    "F260-F262": "Loss aversion: Tversky and Kahneman 1992 (2.25); Brown et al. 2024 (1.96); Walasek et al. 2024 (1.31).",
    "F263": "Curvature: Tversky and Kahneman 1992 (0.88); range 0.5-1.",
    "F264": "Probability weighting: Tversky and Kahneman 1992 (0.61-0.69); range 0.5-0.8.",
    "F265": "Quantal response precision, payoffs on a unit scale: McKelvey and Palfrey 1995 and successors; 0.5-10.",
    "Fearon 1994": "Fearon, Domestic political audiences and the escalation of international disputes, APSR 88(3).",
    "Zagare 2024": "Zagare, two-against-one deterrence: the primary theatre is guarded first; a second challenger matters at middling credibility.",
    "Bell-Miller 2015": "Bell and Miller, Questioning the effect of nuclear weapons on conflict, JCR 59(1).",
    "Gartzke-Lindsay 2017": "Gartzke and Lindsay, Thermonuclear cyberwar, Journal of Cybersecurity 3(1): access to an arsenal's networks invites haste.",
    "Carson 2018": "Carson, Secret Wars: shared secrecy as escalation control.",
    "Richardson 1960": "Richardson, Arms and Insecurity.",
    "Schelling 1966": "Schelling, Arms and Influence; Waltz 1981 for the counter-claim.",
}
