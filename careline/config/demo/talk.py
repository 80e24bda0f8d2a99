"""Says things: fills the slots of one ticket in the mood of its customer, with the odd slip of a finger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from careline.config.demo import company
from careline.config.demo.dice import Dice
from careline.config.demo.reasons import topic
from careline.config.demo.records import Customer
from careline.config.demo.texts import Scenario, common

MOODS = ("polite", "terse", "rambling", "angry")
MOOD_BOUNDS = (0.5, 0.72, 0.87)
SLIPS, LOWER, SHORT_AFTER = 0.1, 0.25, 0.5
DAY = 86_400
CODES = ("GLOW10", "HERBST15", "LICHT5", "WARM20", "HELLO10", "WINTER12")


@cache
def day_name(day: int, language: str) -> str:
    """Return a day (counted from 1970) as people write it."""
    at = datetime.fromtimestamp(day * DAY, UTC)
    dot = "." if language == "de" else ""
    return f"{at.day}{dot} {common()[language]['months'][at.month - 1]}"


@cache
def quote_head(minute: int, language: str, writer: str) -> str:
    """Return the line that mail programs put above a quotation."""
    at = datetime.fromtimestamp(minute * 60, UTC)
    if language == "de":
        return f"Am {at:%d.%m.%Y} um {at:%H:%M} schrieb {writer}:"
    return f"On {at.day} {at:%b %Y}, at {at:%H:%M}, {writer} wrote:"


class Voice:
    """Everything said about one ticket, by its customer and by us."""

    __slots__ = ("_answers", "_dice", "_slots", "_words", "language", "mood", "phrases", "scenario")

    def __init__(self, scenario: Scenario, customer: Customer, *, opened: int, dice: Dice) -> None:
        self._dice = dice
        self.scenario = scenario
        self.language = customer.language
        self.phrases = scenario.phrases[customer.language]
        self._words: dict[str, Any] = common()[customer.language]
        self.mood = scenario.mood or mood_of(dice.share())
        self._slots = self._fill(customer, opened)
        self._answers = dice.whole(0, len(self.phrases.answers) - 1)

    def _fill(self, customer: Customer, opened: int) -> dict[str, str]:
        dice, german = self._dice, self.language == "de"
        goods = company.PRODUCTS if self.scenario.team == "billing" else company.LAMPS
        product = company.RECALLED if self.scenario.recall else dice.pick(goods)
        carrier = company.STRIKING if self.scenario.surge == "strike" else dice.pick(company.CARRIERS)
        euros = f"{product[2] * dice.whole(1, 2):.2f}"
        slots = {
            "product": product[german],
            "order": f"LH-{dice.whole(400_000, 979_999)}",
            "amount": f"{euros.replace('.', ',')} €" if german else f"€{euros}",
            "date": day_name(opened // DAY - dice.whole(3, 14), self.language),
            "city": customer.city,
            "street": customer.street,
            "carrier": carrier,
            "tracking": f"{carrier[:2].upper()}{dice.whole(10**9, 10**10 - 1)}",
            "colour": dice.pick(company.COLOURS[self.language]),
            "qty": str(dice.whole(2, 12)),
            "code": dice.pick(CODES),
            "days": str(dice.whole(2, 5)),
            "first": customer.first,
            "last": customer.last,
            "custno": str(100_000 + customer.number),
            "email": customer.emails[0],
            "topic": topic(self.scenario.reason),
            "mood_word": self._words["moods"][self.mood],
        }
        slots["opening"] = dice.pick(self.phrases.openings).format_map({**slots, "due": self._soon(opened)})
        return slots

    def subject(self) -> str:
        """Return the subject line."""
        return self._dice.pick(self.phrases.subjects).format_map({**self._slots, "due": ""})

    def opening(self, channel: str) -> str:
        """Return the customer's first message, as it looks on its channel."""
        if channel == "phone":
            return _capitalise_after_colon(self._say(self._words["phone"], 0))
        if channel == "web":
            return _slip(self._say(self._words["form"], 0), self._dice)
        return self._letter(self._slots["opening"])

    def plain(self, kind: str, at: int) -> str:
        """Return a short customer message of a common kind: chase, twice, thanks, again."""
        text = _upper(_capitalise_after_colon(self._say(self._words[kind], at)))
        return self._signed(_slip(text, self._dice))

    def question(self, number: int, at: int) -> str:
        """Return the customer's further question of this number."""
        follow = self._words["follow"]
        return self._signed(self._say(follow[number % len(follow)]["q"], at))

    def information(self, at: int) -> str:
        """Return what the agent had asked for."""
        return self._signed(_upper(self._say(self._words["needs"][self.scenario.needs]["info"], at)))

    def machine(self, kind: str, at: int) -> str:
        """Return what the customer's mail system answers: away, bounce."""
        return self._say(self._words[kind], at)

    def answer(self, at: int, *, late: bool) -> str:
        """Return the agent's answer to the problem itself."""
        return self._agent_letter(self._core(at), late=late)

    def another_answer(self, at: int) -> str:
        """Return the answer to somebody who came back because it was not settled."""
        self._slots["answer"] = self._core(at)
        return self._agent_letter(self._say(self._words["agent"]["repeat"], at), plain=True)

    def reply_to_question(self, number: int, at: int) -> str:
        """Return the agent's answer to the further question of this number."""
        follow = self._words["follow"]
        return self._agent_letter(self._say(follow[number % len(follow)]["a"], at), plain=True)

    def request(self, at: int, *, late: bool) -> str:
        """Return the agent's question for what is missing."""
        return self._agent_letter(self._say(self._words["needs"][self.scenario.needs]["ask"], at), late=late)

    def checking(self, part: str, at: int) -> str:
        """Return what is said while somebody else is asked: hold (to the customer), note, back (internal)."""
        text = self._say(self._words["checks"][self.scenario.checks][part], at)
        return self._agent_letter(text) if part == "hold" else text

    def reminder(self, at: int) -> str:
        """Return our question to a customer who fell silent."""
        return self._agent_letter(self._say(self._words["agent"]["remind"], at), plain=True)

    def note(self, kind: str, at: int) -> str:
        """Return an internal note: notes, handover, bounced."""
        return self._say(self._words[kind], at)

    def attach(self) -> tuple[str, str]:
        """Return kind and number of the paper that goes with the answer; kind is empty when there is none."""
        return self.phrases.attach, self._slots["order"]

    def _say(self, options: Sequence[str], at: int) -> str:
        slots = self._slots
        slots["due"] = self._soon(at)
        return self._dice.pick(options).format_map(slots)

    def _core(self, at: int) -> str:
        """Return an answer to the problem, another one each time."""
        self._answers += 1
        answers = self.phrases.answers
        return self._say((answers[self._answers % len(answers)],), at)

    def _soon(self, at: int) -> str:
        day = at // DAY + 1 + int(self._dice.share() * 4)
        return day_name(day + (1 if (day + 3) % 7 == 6 else 0), self.language)  # never a Sunday

    def _letter(self, core: str) -> str:
        words, mood, dice = self._words, self.mood, self._dice
        greeting = dice.pick(words["greetings"][mood])
        before = dice.pick(words["before"][mood])
        after = dice.pick(words["after"][mood]).format_map(self._slots)
        closing = dice.pick(words["closings"][mood]).format_map(self._slots)
        body = f"{before} {core}" if before else core
        if not greeting:
            body = _upper(body)
        if after:
            body += ("\n\n" if dice.chance(SHORT_AFTER) else " ") + after
        text = _slip("\n\n".join(part for part in (greeting, body) if part), dice)
        if mood == "terse" and dice.chance(LOWER):
            text = text.lower()
        return f"{text}\n\n{closing}" if closing else text

    def _signed(self, text: str) -> str:
        return f"{text}\n\n{self._slots['first']}" if self._dice.chance(0.6) else text

    def _agent_letter(self, core: str, *, late: bool = False, plain: bool = False) -> str:
        agent, dice = self._words["agent"], self._dice
        greeting = dice.pick(agent["greeting"]).format_map(self._slots)
        closing = dice.pick(agent["closing"])
        if not plain:
            upset = self.mood == "angry"
            kind = "sorry_wait" if late else "empathy_upset" if upset else "empathy_calm"
            core = f"{dice.pick(agent[kind])} {core}"
        if not (greeting.endswith(",") and self.language == "de"):
            core = _upper(core)
        return "\n\n".join(part for part in (greeting, core, closing) if part)


def mood_of(share: float) -> str:
    """Return the mood that this share of customers and less is in."""
    for bound, mood in zip(MOOD_BOUNDS, MOODS, strict=False):
        if share < bound:
            return mood
    return MOODS[-1]


def quoted(text: str, at: int, language: str) -> str:
    """Return our last mail as a customer's mail program quotes it."""
    head = quote_head(at // 60, language, company.COMPANY)
    return head + "\n> " + text.replace("\n", "\n> ")


def moment(second: int) -> datetime:
    """Return an instant from seconds since 1970."""
    return datetime.fromtimestamp(second, UTC)


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _capitalise_after_colon(text: str) -> str:
    head, colon, rest = text.partition(": ")
    return f"{head}: {_upper(rest)}" if colon else text


def _slip(text: str, dice: Dice) -> str:
    """Swap two neighbouring letters of one word now and then."""
    if not dice.chance(SLIPS):
        return text
    words = text.split(" ")
    place = int(dice.share() * len(words))
    word = words[place]
    if len(word) > 4 and word.isalpha():
        cut = dice.whole(1, len(word) - 3)
        words[place] = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    return " ".join(words)
