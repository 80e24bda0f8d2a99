"""What agents and customers do with a ticket: the rules by which a story unfolds on the desk."""

from __future__ import annotations

from careline.config.demo import files
from careline.config.demo.case import RESTING, Case
from careline.config.demo.desk import DAY, HOUR, Desk, Work
from careline.config.demo.dice import Dice
from careline.config.demo.reasons import path
from careline.config.demo.records import NOBODY, Fact, Paper, Staff
from careline.config.demo.talk import moment, quoted

WEB, PHONE = 0.14, 0.11  # of all tickets; callers who find nobody free write instead
MISROUTED, NOTE, ESCALATED = 0.045, 0.2, 0.12
ASK, CHECK = 0.55, 0.6  # of those scenarios where something may be missing, or somebody may have to be asked
SOLVED_AT_ONCE = 0.55
FOLLOWS, THANKS_OPEN, THANKS_SOLVED, AGAIN = 0.36, 0.3, 0.06, 0.055
ANSWERS_US, REMIND = 0.88, 0.35
CHASES, QUOTES, AWAY, BOUNCE = 0.3, 0.6, 0.015, 0.0018
OVERLOOKED, OVERLOOKED_NOW = 0.03, 0.14  # the day of a sale is hectic
CLOSED_AFTER, LAG = 7 * DAY, 1.3 * HOUR
NEXT_TEAM = {"orders": "returns", "returns": "orders", "billing": "returns", "technical": "orders"}


class Stage:
    """Plays the cases of one operation on its desk."""

    def __init__(self, desk: Desk, *, dice: Dice, leads: dict[str, Staff]) -> None:
        self.desk = desk
        self.dice = dice
        self.leads = leads

    def begin(self, case: Case) -> None:
        """Let a case arrive when its time comes."""
        self.desk.plan(case.opened, Work("arrive", case, 0))

    # What happens without an agent

    def tick(self, work: Work, at: int) -> None:
        """Let the customer, or time, act."""
        case = work.case
        if case.merged or (work.what != "arrive" and work.turn != case.turn):
            return
        if case.facts and case.facts[-1].at > moment(at):  # an agent is at it this very moment
            self.desk.plan(at + HOUR, work)
        elif work.what == "arrive":
            self._arrive(case, at)
        elif work.what == "close":
            case.become("closed", at)
        elif work.what == "chase":
            self._chase(case, at)
        elif work.what in ("away", "bounce"):
            self._machine(work.what, case, at)
        else:
            self._hear(work.what, case, at)

    def _arrive(self, case: Case, at: int) -> None:
        dice = self.dice
        draw = dice.share()
        if draw < PHONE and case.twin_of is None:
            agent = self.desk.idle_agent(case.team, at)
            if agent != NOBODY:
                self._call(case, agent, at)
                return
        elif draw > 1 - WEB:
            case.channel = "web"
        elif dice.chance(MISROUTED):
            case.team = case.first_team = NEXT_TEAM[case.team]
        case.open(paper=self._picture(case, 0.8 if case.scenario.picture else 0.03))
        if case.channel == "web":
            case.note_fact("reason", at, value=path(case.scenario.reason))
        self._owe("first", case, at)

    def _call(self, case: Case, agent: int, at: int) -> None:
        case.channel = "phone"
        case.open(by=agent)
        self.desk.start_now(agent, Work("first", case, case.turn), at, self.play)

    def _owe(self, what: str, case: Case, at: int) -> None:
        """Put a case before the agents, perhaps later than it should be; the customer may grow impatient."""
        busy_now = at > self.desk.now - 30 * HOUR
        overlooked = self.dice.chance(OVERLOOKED_NOW if busy_now else OVERLOOKED) and case.priority < 3
        usual_lag = LAG if case.priority < 3 else LAG / 5  # nobody reads a mail the moment it comes
        delay = self.dice.around(9 * HOUR, 0.7) if overlooked else self.dice.around(usual_lag, 0.9)
        work = Work(what, case, case.turn)
        self.desk.hand(at + delay, work)
        if self.dice.chance(CHASES):
            patience = max(12 * HOUR, self.dice.around(26 * HOUR, 0.6))
            self.desk.plan(at + patience, Work("chase", case, case.turn))

    def _chase(self, case: Case, at: int) -> None:
        if not case.asked_at or case.status in RESTING:
            return
        # The impatient mail changes nothing about the work that is queued already, so the turn stays.
        case.facts.append(Fact("received", moment(at), NOBODY, "none", case.voice.plain("chase", at)))
        if case.status != "new":
            case.become("open", at)

    def _hear(self, what: str, case: Case, at: int) -> None:
        voice, paper = case.voice, None
        if what == "information":
            text = voice.information(at)
            paper = self._picture(case, 1.0 if case.scenario.needs == "photo" else 0.0)
        elif what == "follow":
            text = voice.question(case.number + case.questions, at)
        else:
            text = voice.plain(what, at)
        case.hear(text, at, quote=case.channel == "email" and self.dice.chance(QUOTES), paper=paper)
        if what == "thanks":
            self.desk.hand(at, Work("thanks", case, case.turn))
        else:
            self._owe({"information": "answer", "follow": "reply", "again": "again"}[what], case, at)

    # What agents do

    def play(self, work: Work, agent: int, start: int, end: int) -> None:
        """Let an agent work on a case from start to end."""
        case = work.case
        if work.what == "first":
            self._first(case, agent, start, end)
            return
        case.take(agent, start)
        if work.what in ("thanks", "solve"):
            self._solve(case, agent, end)
        elif work.what == "remind":
            self._say(case, case.voice.reminder(end), agent, end)
            case.become("waiting", end, agent)
            self._await(case, end)
        elif work.what == "reply":
            number = case.number + case.questions
            case.questions += 1
            self._say(case, case.voice.reply_to_question(number, end), agent, end)
            self._settle(case, agent, end)
        elif work.what == "bounced":
            case.note_fact("noted", end, agent, text=case.voice.note("bounced", end))
        else:
            self._answer(work.what, case, agent, start, end)

    def _first(self, case: Case, agent: int, start: int, end: int) -> None:
        twin = case.twin_of
        case.take(agent, start)
        if twin is not None and not twin.merged and twin.status not in RESTING:
            case.note_fact("merged", end, agent, twin.number)
            case.merged = True
        elif case.team != case.scenario.team:
            self._move(case, agent, end)
        else:
            self._sort_out(case, agent, start)
            self._first_answer(case, agent, start, end)

    def _move(self, case: Case, agent: int, end: int) -> None:
        """Hand the case to the team it should have come to."""
        case.note_fact("noted", end - 1, agent, text=case.voice.note("handover", end))
        case.team = case.scenario.team
        case.note_fact("team", end, agent, case.team)
        case.owner = NOBODY
        case.note_fact("assigned", end, agent, NOBODY)
        self.desk.hand(end, Work("first", case, case.turn))

    def _sort_out(self, case: Case, agent: int, start: int) -> None:
        """Give the case its reason and tags."""
        scenario = case.scenario
        at = start + 8
        if case.channel != "web":
            case.note_fact("reason", at, agent, path(scenario.reason))
        tags = [tag for tag in scenario.tags if self.dice.chance(0.85)]
        if scenario.surge == "strike" and self.dice.chance(0.75):
            tags.append("carrier-strike")
        if scenario.surge == "outage":
            tags.append("payment-outage")
        if case.customer.vip:
            tags.append("vip")
        for tag in tags:
            case.note_fact("tagged", at, agent, tag)

    def _first_answer(self, case: Case, agent: int, start: int, end: int) -> None:
        dice, scenario = self.dice, case.scenario
        if dice.chance(scenario.silent):
            self._solve(case, agent, end)
        elif case.voice.mood == "angry" and dice.chance(ESCALATED):
            self._escalate(case, agent, end)
        elif scenario.needs and dice.chance(ASK) and case.channel != "phone":
            self._say(case, case.voice.request(end, late=self._is_late(case, end)), agent, end)
            case.become("waiting", end, agent)
            self._plan_answer(case, end, "information", ANSWERS_US)
        else:
            self._answer("answer", case, agent, start, end)

    def _escalate(self, case: Case, agent: int, end: int) -> None:
        """Ask the lead to take it: higher priority, and a note that says why."""
        lead = self.leads[case.team].number
        case.note_fact("noted", end - 2, agent, text=case.voice.note("notes", end))
        if case.priority < 3:
            case.priority = 3
            case.note_fact("priority", end - 1, agent, 3)
        case.owner = lead
        case.note_fact("assigned", end, agent, lead)
        self.desk.hand(end, Work("answer", case, case.turn))

    def _answer(self, what: str, case: Case, agent: int, start: int, end: int) -> None:
        """Answer the problem, or say that somebody else has to be asked first."""
        dice, voice = self.dice, case.voice
        if case.scenario.checks and not case.checked and dice.chance(CHECK):
            case.checked = True
            self._say(case, voice.checking("hold", end), agent, end - 2)
            case.note_fact("noted", end - 1, agent, text=voice.checking("note", end))
            case.become("hold", end, agent)
            self.desk.hand(end + dice.around(1.8 * DAY, 0.6), Work("resume", case, case.turn))
            return
        if what == "resume":
            case.note_fact("noted", start + (end - start) // 3, agent, text=voice.checking("back", end))
            case.become("open", start + (end - start) // 3, agent)
        elif dice.chance(NOTE):
            case.note_fact("noted", start + (end - start) // 2, agent, text=voice.note("notes", end))
        late = self._is_late(case, end)
        text = voice.another_answer(end) if what == "again" else voice.answer(end, late=late)
        self._say(case, text, agent, end - 1, paper=self._paper(case))
        self._settle(case, agent, end)

    def _settle(self, case: Case, agent: int, end: int) -> None:
        """Solve the case, or wait for what the customer says to the answer."""
        if self.dice.chance(SOLVED_AT_ONCE):
            self._solve(case, agent, end)
            return
        case.become("waiting", end, agent)
        draw = self.dice.share()
        if draw < FOLLOWS and case.questions < 3:
            self._plan_answer(case, end, "follow", 1.0)
        elif draw < FOLLOWS + THANKS_OPEN:
            self._plan_answer(case, end, "thanks", 1.0)
        else:
            self._await(case, end)

    def _solve(self, case: Case, agent: int, end: int) -> None:
        case.asked_at = 0
        case.become("solved", end, agent)
        self.desk.plan(end + CLOSED_AFTER, Work("close", case, case.turn))
        if self.dice.chance(THANKS_SOLVED) and case.reopened < 2:
            self._plan_answer(case, end, "thanks", 1.0)
        elif self.dice.chance(AGAIN) and case.reopened < 2:
            self.desk.plan(end + self.dice.between(0.4, 5.5) * DAY, Work("again", case, case.turn))

    def _await(self, case: Case, end: int) -> None:
        """Ask again after some days of silence, or take it as a yes."""
        what = "remind" if self.dice.chance(REMIND) else "solve"
        self.desk.hand(end + self.dice.between(1.7, 2.9) * DAY, Work(what, case, case.turn))

    def _plan_answer(self, case: Case, end: int, what: str, share: float) -> None:
        """Let the customer answer in a while, by day rather than by night, or stay silent."""
        if not self.dice.chance(share):
            self._await(case, end)
            return
        at = int(end + max(600.0, self.dice.around(5 * HOUR, 1.1)))
        if at // HOUR % 24 < 6 and self.dice.chance(0.85):
            at += self.dice.whole(6, 9) * HOUR
        self.desk.plan(min(at, end + 6 * DAY), Work(what, case, case.turn))

    def _say(self, case: Case, text: str, agent: int, at: int, *, paper: Paper | None = None) -> None:
        case.say(text, at, agent, paper=paper)
        draw = self.dice.share()
        if draw < AWAY:
            self.desk.plan(at + 14, Work("away", case, case.turn))
        elif draw < AWAY + BOUNCE:
            self.desk.plan(at + 6, Work("bounce", case, case.turn))

    def _machine(self, what: str, case: Case, at: int) -> None:
        """Let the customer's mail system answer: an absence note, or a bounce somebody has to look at."""
        text = case.voice.machine(what, at)
        if what == "away":
            tail = quoted(*case.last_out, case.language)
            case.facts.append(Fact("received", moment(at), NOBODY, "auto_reply", text, tail))
            return
        case.facts.append(Fact("received", moment(at), NOBODY, "bounce", text))
        self.desk.hand(at + HOUR, Work("bounced", case, case.turn))

    def _is_late(self, case: Case, at: int) -> bool:
        return bool(case.asked_at) and at - case.asked_at > 30 * HOUR

    def _picture(self, case: Case, share: float) -> Paper | None:
        return files.picture(case.number % 37) if self.dice.chance(share) else None

    def _paper(self, case: Case) -> Paper | None:
        kind, number = case.voice.attach()
        return files.paper(kind, "") if kind and number else None
