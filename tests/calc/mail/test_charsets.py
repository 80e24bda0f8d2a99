import pytest

from careline.calc.mail.charset import codec_of, decode
from careline.calc.mail.parse import parse
from careline.calc.mail.words import decode_header
from tests.calc.mail.make import text_mail

TEXTS = {
    "koi8-r": "Здравствуйте, мой заказ не пришёл. Когда будет доставка?",
    "cp1251": "Здравствуйте, мой заказ не пришёл. Когда будет доставка?",
    "cp932": "お問い合わせありがとうございます。荷物が届きません。",
    "euc_jp": "お問い合わせありがとうございます。荷物が届きません。",
    "iso2022_jp": "お問い合わせありがとうございます。",
    "gb18030": "您好，我的订单还没有到，请帮我查一下。谢谢",
    "big5": "您好，我的訂單還沒有到，請幫我查一下。謝謝",
    "cp949": "안녕하세요. 주문한 상품이 아직 도착하지 않았습니다.",
    "cp1252": "Grüße aus München – „bitte“ prüfen!",
    "latin-1": "déjà vu à Paris, où êtes-vous?",
    "cp1250": "Dzień dobry, moja przesyłka nie dotarła, źle się dzieje",
    "iso8859_2": "Dobrý den, moje zásilka ještě nedorazila. Můžete mi prosím říct kdy přijde?",
    "cp1253": "Καλημέρα, η παραγγελία μου δεν έφτασε ακόμα.",
    "cp1254": "Merhaba, siparişim hâlâ gelmedi. Lütfen yardımcı olur musunuz?",
    "cp1255": "שלום, ההזמנה שלי עדיין לא הגיעה",
    "cp1256": "مرحبا، طلبي لم يصل بعد. أرجو المساعدة",
    "cp874": "สวัสดีค่ะ สินค้ายังไม่มาถึง",
    "utf-8": "Ünïcode ✓ 漢字",
    "utf-16": "wide letters, süß",
    "utf-7": "żółw",
}


@pytest.mark.parametrize("charset", TEXTS)
def test_each_declared_charset_is_read(charset: str) -> None:
    mail = parse(text_mail(TEXTS[charset].encode(charset), charset))
    assert mail.body_text == TEXTS[charset]


@pytest.mark.parametrize("charset", sorted(set(TEXTS) - {"utf-7", "utf-16"}))
@pytest.mark.parametrize("declared", ["us-ascii", "utf-8", "x-unknown", "unheard-of-17", None])
def test_a_wrong_or_missing_charset_is_seen_through(charset: str, declared: str | None) -> None:
    assert decode(TEXTS[charset].encode(charset), declared).text == TEXTS[charset]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ('"utf-8"', "utf-8"),
        ("utf8mb4", "utf-8"),
        ("iso-gb2312", "gb18030"),
        ("GB2312", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("cp-850", "cp850"),
        ("x-sjis", "cp932"),
        ("windows-31j", "cp932"),
        ("unicode-1-1-utf-7", "utf-7"),
        ("iso-8859-8-i", "iso8859_8"),
        ("x-mac-ce", "mac_latin2"),
        ("win-1251", "cp1251"),
        ("utf-8;format=flowed", "utf-8"),
        ("x-unknown", None),
        ("hex", None),
        ("", None),
    ],
)
def test_names_of_charsets_are_understood(name: str, codec: str | None) -> None:
    assert codec_of(name) == codec


def test_vendor_characters_in_iso_2022_jp_are_read() -> None:
    raw = "テスト".encode("iso2022_jp")[:-3] + b"\x2d\x21\x1b(B"  # row 13 cell 1 of NEC: circled one
    assert decode(raw, "iso-2022-jp").text == "テスト①"


def test_eight_bit_japanese_under_a_seven_bit_name_is_read() -> None:
    assert decode("①㈱テスト".encode("cp932"), "iso-2022-jp").text == "①㈱テスト"


def test_one_stray_byte_does_not_spoil_utf_8() -> None:
    assert decode("Grüße aus Köln".encode() + b" f\xfcr", "utf-8").text == "Grüße aus Köln für"


def test_words_cut_in_the_middle_of_a_character_are_joined() -> None:
    assert decode_header(b"=?utf-8?q?an=C3?= =?utf-8?q?=A4?=") == "anä"
    assert decode_header(b"=?utf-8?b?w7w=?=\r\n =?UTF-8?B?w58=?= ok") == "üß ok"


def test_words_inside_quotes_and_raw_names_are_read() -> None:
    mail = parse(b'From: "=?iso-8859-1?q?M=FCller=2C_J?=" <j@x.test>\r\nTo: J\xfcrgen <k@x.test>\r\n\r\nx')
    assert (mail.from_.name, mail.to[0].name) == ("Müller, J", "Jürgen")


def test_nul_bytes_and_lost_letters_never_come_out() -> None:
    mail = parse(text_mail("a\x00b \ufffd".encode(), "utf-8"))
    assert mail.body_text == "ab ?"
