"""The company: its sites, teams and people, what it sells and when it is open."""

from __future__ import annotations

from datetime import date, timedelta

from careline.config.demo.dice import Dice
from careline.config.demo.records import Staff, Team
from careline.config.demo.words import read

COMPANY = "Lumenhafen"
DOMAIN = "lumenhafen.example"
HAMBURG, PORTO = ("Hamburg", "Europe/Berlin"), ("Porto", "Europe/Lisbon")

TEAMS = (
    Team("orders", "Orders and delivery", *HAMBURG),
    Team("billing", "Billing and payments", *PORTO),
    Team("technical", "Technical help", *PORTO),
    Team("returns", "Returns and complaints", *HAMBURG),
)
AGENTS = {"orders": 13, "billing": 8, "technical": 9, "returns": 10}
LOAD = {"orders": 1.24, "billing": 0.8, "technical": 1.0, "returns": 1.05}  # weight of the team's scenarios
AWAY_SEATS = 3  # every so manieth agent of a team sits at the other site

# What the desk promises to be open, in Berlin time; both sites share it.
OPEN_WEEK = {
    **{day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    **{day: [["10:00", "16:00"]] for day in ("sat", "sun")},
}

NAMED = (  # name, role, team, site
    ("Mara Jansen", "manager", "", HAMBURG),
    ("Pia Lindqvist", "planner", "", HAMBURG),
    ("Quinn Ferreira", "qa", "", PORTO),
    ("Dan Okafor", "auditor", "", HAMBURG),
    ("Ida Brandt", "admin", "", HAMBURG),
    ("Cleo Marques", "lead", "orders", HAMBURG),
    ("Tiago Pinto", "lead", "billing", PORTO),
    ("Helena Vaz", "lead", "technical", PORTO),
    ("Jonas Petersen", "lead", "returns", HAMBURG),
)
BEN = "Ben Adler"
ON_LEAVE = "Yara Haddad"
PERSONAS = ("Mara Jansen", BEN, "Cleo Marques", "Pia Lindqvist", "Quinn Ferreira", "Dan Okafor", "Ida Brandt")

PRODUCTS = (  # English, German (all feminine, so that one article fits every sentence), euros
    ("Aurin pendant lamp", "Pendelleuchte Aurin", 149.0),
    ("Brisa floor lamp", "Stehleuchte Brisa", 229.0),
    ("Corvo desk lamp", "Schreibtischleuchte Corvo", 89.9),
    ("Dune table lamp", "Tischlampe Dune", 64.5),
    ("Elva wall light", "Wandleuchte Elva", 79.0),
    ("Fjell reading lamp", "Leselampe Fjell", 119.0),
    ("Glim string lights", "Lichterkette Glim", 24.9),
    ("Hafen lantern", "Laterne Hafen", 39.0),
    ("Isle ceiling light", "Deckenleuchte Isle", 189.0),
    ("Juno chandelier", "Kronleuchte Juno", 549.0),
    ("Kite garden light", "Gartenleuchte Kite", 54.9),
    ("Linn bathroom light", "Badleuchte Linn", 99.0),
    ("Mistral ceiling fan light", "Ventilatorleuchte Mistral", 279.0),
    ("Nocte wall clock", "Wanduhr Nocte", 49.0),
    ("Orla wool blanket", "Wolldecke Orla", 69.0),
    ("Porto glass vase", "Glasvase Porto", 34.5),
    ("Quell solar light", "Solarleuchte Quell", 29.9),
    ("Ria picture light", "Bilderleuchte Ria", 84.0),
    ("Sol smart bulb set", "Leuchtmittelbox Sol", 59.0),
    ("Tide strip light", "Lichtleiste Tide", 44.9),
    ("Ulla coat stand", "Garderobe Ulla", 129.0),
    ("Veia candle lamp", "Kerzenlampe Veia", 19.9),
)
GOODS = ("Nocte", "Orla", "Porto", "Ulla")  # what does not shine; nobody asks which bulb fits
LAMPS = tuple(each for each in PRODUCTS if not set(each[0].split()) & set(GOODS))
RECALLED = ("Wanda night light", "Nachtleuchte Wanda", 27.9)
CARRIERS = ("Norpost", "Velo Cargo", "Hansekurier")
STRIKING = CARRIERS[0]
COLOURS = {
    "en": ("black", "white", "brass", "sage", "sand", "smoke grey", "copper"),
    "de": ("Schwarz", "Weiß", "Messing", "Salbei", "Sand", "Rauchgrau", "Kupfer"),
}


def hire(*, today: date, days: int, dice: Dice) -> tuple[Staff, ...]:
    """Return everybody who signs in: the named people first, then forty agents."""
    long_ago = today - timedelta(days=1200)
    staff = [_person(i, *named, long_ago) for i, named in enumerate(NAMED)]
    names = {
        HAMBURG: iter([BEN, *read("names")["staff"]["Hamburg"]]),
        PORTO: iter(read("names")["staff"]["Porto"]),
    }
    for team in TEAMS:
        home = (team.site, team.zone)
        for seat in range(AGENTS[team.key]):
            away = seat % AWAY_SEATS == AWAY_SEATS - 1
            site = {HAMBURG: PORTO, PORTO: HAMBURG}[home] if away else home
            newcomer = seat == AGENTS[team.key] - 1
            joined = today - timedelta(days=days // 2 if newcomer else dice.whole(200, 2200))
            person = _person(len(staff), next(names[site]), "agent", team.key, site, joined)
            staff.append(person._replace(speed=round(dice.around(1.0, 0.18), 3)))
    return tuple(staff)


def _person(index: int, name: str, role: str, team: str, site: tuple[str, str], joined: date) -> Staff:
    email = f"{name.split()[0].lower()}@{DOMAIN}"
    return Staff(index, name, email, role, team, *site, lead=role == "lead", joined=joined, speed=1.0)
