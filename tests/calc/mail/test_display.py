# ruff: noqa: E501  (mails are quoted as they come)
import pytest

from careline.calc.mail.parse import parse
from careline.calc.mail.quote import fold
from careline.calc.mail.quote_html import fold_html
from careline.calc.mail.sanitise import place_images, sanitise
from careline.calc.mail.signature import learn_signature
from tests.calc.mail.make import html_mail

INTRODUCTIONS = [
    "On Mon, 1 Jan 2024 at 10:00, Care <care@desk.test> wrote:",
    "On Mon, 1 Jan 2024 at 10:00, Care\n<care@desk.test> wrote:",
    "Am Mo., 1. Jan. 2024 um 10:00 Uhr schrieb Care <care@desk.test>:",
    "Le lun. 1 janv. 2024 à 10:00, Care <care@desk.test> a écrit :",
    "El lun, 1 ene 2024 a las 10:00, Care (<care@desk.test>) escribió:",
    "Il giorno lun 1 gen 2024 alle ore 10:00 Care <care@desk.test> ha scritto:",
    "Em seg., 1 de jan. de 2024 às 10:00, Care <care@desk.test> escreveu:",
    "Op ma 1 jan 2024 om 10:00 schreef Care <care@desk.test>:",
    "Den mån 1 jan. 2024 kl 10:00 skrev Care <care@desk.test>:",
    "ma 1. tammik. 2024 klo 10.00 Care (care@desk.test) kirjoitti:",
    "pon., 1 sty 2024 o 10:00 Care <care@desk.test> napisał(a):",
    "po 1. 1. 2024 v 10:00 odesílatel Care <care@desk.test> napsal:",
    "пн, 1 янв. 2024 г. в 10:00, Care <care@desk.test>:\nнаписал:",
    "пн, 1 січ. 2024 р. о 10:00 Care <care@desk.test> пише:",
    "Care <care@desk.test> ezt írta (időpont: 2024. jan. 1., H, 10:00):",
    "În lun., 1 ian. 2024 la 10:00, Care <care@desk.test> a scris:",
    "Στις Δευ 1 Ιαν 2024 στις 10:00, ο χρήστης Care <care@desk.test> έγραψε:",
    "Care <care@desk.test>, 1 Oca 2024 Pzt, 10:00 tarihinde şunu yazdı:",
    "בתאריך יום ב׳, 1 בינו׳ 2024 ב-10:00 מאת Care <care@desk.test> כתב:",
    "Vào Th 2, 1 thg 1, 2024 vào lúc 10:00 Care <care@desk.test> đã viết:",
    "Care <care@desk.test> 于2024年1月1日周一 10:00写道：",
    "2024年1月1日(月) 10:00 Care <care@desk.test>:",
    "2024년 1월 1일 (월) 10:00, Care <care@desk.test>님이 작성:",
    "-----Original Message-----\nFrom: Care\nSent: Monday\nTo: Anna\nSubject: x",
    "-----Ursprüngliche Nachricht-----\nVon: Care\nGesendet: Montag\nAn: Anna\nBetreff: x",
    "________________________________\nVon: Care <care@desk.test>\nGesendet: Montag, 1. Januar\nAn: Anna\nBetreff: x",
    "De : Care <care@desk.test>\nEnvoyé : lundi\nÀ : Anna\nObjet : x",
    "------------------ 原始邮件 ------------------\n发件人: Care\n发送时间: 2024",
]


@pytest.mark.parametrize("introduction", INTRODUCTIONS)
def test_quotations_are_folded_in_many_languages(introduction: str) -> None:
    folded = fold(f"My answer.\n\n{introduction}\n\n> old words\n> more")
    assert folded.reply == "My answer."
    assert "old words" in folded.quoted


@pytest.mark.parametrize(
    "text",
    [
        "> first\nyes\n> second\nno",
        "On 1 Jan 2024 10:00, A <a@b.test> wrote:\n> old\n\nanswer below",
        "FYI\n\n---------- Forwarded message ---------\nFrom: A <a@b.test>\nDate: x\nSubject: y\n\nbody",
        "From: the start I had problems.\nTo: be honest it is bad",
        "On 3 May 2024 I wrote:\nthat it is broken",
        "> nothing but quotation",
    ],
)
def test_answers_between_lines_and_forwards_are_never_cut(text: str) -> None:
    assert fold(text).reply == text


def test_a_forward_subject_protects_outlooks_block() -> None:
    block = "see below\n\nFrom: A <a@b.test>\nSent: x\nTo: y\nSubject: z\n\nbody"
    assert fold(block, subject="FW: z").reply == block
    assert fold(block, subject="RE: z").reply == "see below"


@pytest.mark.parametrize(
    "tail",
    ["-- \nAnna\nShop Ltd", "Sent from my iPhone", "Von meinem iPhone gesendet", "Get Outlook for iOS"],
)
def test_signatures_are_set_aside(tail: str) -> None:
    folded = fold(f"Please help.\n\n{tail}")
    assert (folded.reply, folded.signature) == ("Please help.", tail)


def test_a_signature_is_learnt_from_three_mails() -> None:
    texts = [f"Question {i}\nKind regards\nAnna" for i in range(3)]
    learnt = learn_signature(texts)
    assert learnt == "Kind regards\nAnna"
    assert learn_signature(texts[:2]) == ""
    assert fold("New one\n\nKind regards\nAnna", signature=learnt).reply == "New one"


HTML_QUOTES = [
    '<div>My answer</div><div class="gmail_quote"><div class="gmail_attr">On 1 Jan wrote:</div><blockquote>old</blockquote></div>',
    '<p>My answer</p><div id="appendonsend"></div><hr><div id="x_divRplyFwdMsg"><b>From:</b> a</div><div>old</div>',
    '<p>My answer</p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt"><p><b>Von:</b> a<br><b>Gesendet:</b> b<br><b>An:</b> c<br><b>Betreff:</b> d</p></div></div><p>old</p>',
    '<div>My answer</div><div><blockquote type="cite"><div>On 1 Jan 2024, at 10:00, A wrote:</div>old</blockquote></div>',
    '<div>My answer</div><div class="yahoo_quoted">old</div>',
    '<div>My answer</div><div class="protonmail_quote">old</div>',
]


@pytest.mark.parametrize("markup", HTML_QUOTES)
def test_html_quotations_are_folded_and_kept(markup: str) -> None:
    mail = parse(html_mail(markup))
    visible, quoted = fold_html(mail.body_html)
    assert "My answer" in visible
    assert "old" not in visible
    assert "old" in quoted
    assert mail.reply_text == "My answer"


def test_html_answers_between_quotes_are_not_folded() -> None:
    markup = '<div>Hi</div><div class="gmail_quote"><blockquote>q1</blockquote><div>answer</div><blockquote>q2</blockquote></div>'
    assert fold_html(sanitise(markup).html)[1] == ""


@pytest.mark.parametrize(
    "markup",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", '<a href="javascript:alert(1)">x</a>', "<style>p{}</style>",
        '<a href=" jav&#x09;ascript:alert(1)">x</a>', '<a href="vbscript:x">x</a>', '<a href="data:text/html,x">x</a>', "<!-- c -->",
        '<svg onload="alert(1)">', "<iframe src=//evil.test></iframe>", '<meta http-equiv=refresh content="0;url=//evil.test">',
        '<p style="position:fixed;top:0">x</p>', '<p style="background:url(http://evil.test/x)">x</p>', "<form action=x><input></form>",
        '<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">', '<base href="http://evil.test">', '<link rel=stylesheet href=x>',
    ],
)  # fmt: skip
def test_nothing_that_runs_loads_or_covers_survives(markup: str) -> None:
    safe = sanitise(f"<p>Hello</p>{markup}").html.lower()
    assert "hello" in safe
    for bad in (
        "script",
        "onerror",
        "onload",
        "style>",
        "position",
        "url(",
        "<iframe",
        "<meta",
        "<form",
        "<input",
        "<!--",
        "<link",
        "<base",
        "data:",
        " src=",
    ):
        assert bad not in safe


def test_outside_pictures_wait_and_own_ones_are_placed() -> None:
    safe = sanitise('<img src="http://spy.test/p.gif"><img src="cid:a@b"><img src="cid:no">', cids=["a@b"])
    assert safe.remote_images == 1
    assert 'data-remote-src="http://spy.test/p.gif"' in safe.html
    assert 'src="/files/1?x&amp;y"' in place_images(safe.html, {"a@b": "/files/1?x&y"})


@pytest.mark.parametrize(
    ("href", "words", "warning"),
    [
        ("https://evil.test/x", "https://bank.test/login", "other-host"),
        ("https://xn--80ak6aa92e.com/", "click", "lookalike"),
        ("https://www.bank.test/x", "bank.test", None),
        ("https://bank.test/x", "our offer.pdf", None),
    ],
)
def test_links_that_pretend_are_marked(href: str, words: str, warning: str | None) -> None:
    safe = sanitise(f'<a href="{href}">{words}</a>').html
    assert ("data-warning" in safe) is (warning is not None)
    assert 'rel="noopener noreferrer nofollow"' in safe


def test_too_many_links_fall_back_to_text() -> None:
    mail = parse(html_mail("<a href='http://a.test'>x</a>" * 5_001))
    assert mail.body_html == ""
    assert any("Open the original" in one for one in mail.problems)
