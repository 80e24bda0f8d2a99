"""The words by which mail programs of the world introduce what they quote."""

from __future__ import annotations

import re

# The verb that ends "On <date> <name> wrote:", and its kin. Lower case; compared inside the last words of
# the line.
WROTE = (
    "wrote", "writes", "schrieb", "a écrit", "escribió", "escribio", "ha scritto", "escreveu",
    "schreef", "skrev", "kirjoitti",
    "napisał", "napisała", "napisał(a)", "napsal", "napsala", "napsal(a)", "napísal", "napísala",
    "написал", "написала",
    "написал(а)", "написав", "пише", "пишет", "писал", "писав", "написа", "je napisao", "je napisala",
    "je napisal", "napisao",
    "ezt írta", "a scris", "έγραψε", "yazdı", "şunu yazdı", "yazmış", "כתב", "כתבה", "كتب", "كتبت",
    "đã viết", "menulis",
    "写道", "寫道", "写到", "のメール", "書きました", "さんは書きました", "님이 작성", "작성",
    "เขียน", "kirjutas", "rakstīja",
    "rašė", "parašė", "va escriure", "ha escrit", "idatzi du", "shkroi", "ने लिखा", "skrifaði", "نوشت",
    "escribiu", "viết",
)  # fmt: skip

# Lines that announce the quoted message by themselves.
ORIGINAL = (
    "original message", "original-nachricht", "originalnachricht", "ursprüngliche nachricht",
    "ursprungliche nachricht",
    "ursprüngliche mail", "message d'origine", "message original", "message d’origine",
    "mensaje original", "messaggio originale",
    "mensagem original", "oorspronkelijk bericht", "ursprungligt meddelande", "ursprungsmeddelande",
    "opprinnelig melding",
    "oprindelig meddelelse", "alkuperäinen viesti", "wiadomość oryginalna", "oryginalna wiadomość",
    "původní zpráva",
    "pôvodná správa", "исходное сообщение", "оригинальное сообщение", "первоначальное сообщение",
    "eredeti üzenet", "mesajul original",
    "mesaj original", "αρχικό μήνυμα", "özgün ileti", "orijinal mesaj", "orjinal mesaj", "הודעה מקורית",
    "الرسالة الأصلية",
    "原始邮件", "原始郵件", "原邮件", "元のメッセージ", "원본 메시지", "originele bericht",
    "izvorna poruka", "izvirno sporočilo",
    "tin nhắn gốc", "pesan asli", "missatge original", "reply message", "reply above this line",
)  # fmt: skip

FORWARDED = (
    "forwarded message", "begin forwarded message", "weitergeleitete nachricht",
    "anfang der weitergeleiteten", "message transféré",
    "début du message réexpédié", "début du message transféré", "mensaje reenviado",
    "inicio del mensaje reenviado",
    "messaggio inoltrato", "inizio messaggio inoltrato", "mensagem encaminhada", "doorgestuurd bericht",
    "begin doorgestuurd bericht",
    "vidarebefordrat", "vidarebefordrat brev", "videresendt", "edelleenlähetetty", "välitetty viesti",
    "wiadomość przekazana",
    "przekazana dalej", "přeposlaná zpráva", "preposlaná správa", "пересылаемое сообщение",
    "пересланное сообщение",
    "переслане повідомлення", "továbbított üzenet", "mesaj redirecționat", "προωθημένο μήνυμα",
    "iletilen mesaj", "yönlendirilmiş ileti",
    "转发的邮件", "转发邮件", "轉寄", "転送", "転送されたメッセージ", "전달된 메시지", "forwarded by",
)  # fmt: skip

# Labels of the header block that Outlook and others put above a quotation, by meaning.
LABELS: dict[str, tuple[str, ...]] = {
    "from": (
        "from", "von", "de", "da", "van", "från", "fra", "lähettäjä", "od", "от", "від", "feladó",
        "kimden", "gönderen", "από",
        "מאת", "من", "发件人", "寄件者", "寄件人", "差出人", "보낸 사람", "보낸사람", "expéditeur",
        "remitente", "mittente",
        "expeditor", "dari", "từ", "pošiljatelj", "odosielateľ", "saatja", "nuo", "no",
    ),
    "date": (
        "sent", "date", "gesendet", "datum", "envoyé", "enviado", "enviado el", "enviada em", "data",
        "inviato", "verzonden",
        "skickat", "sendt", "dato", "lähetetty", "päivämäärä", "wysłano", "odesláno", "odoslané",
        "дата", "отправлено", "надіслано",
        "elküldve", "dátum", "tarih", "gönderilme tarihi", "gönderildi", "ημερομηνία", "στάλθηκε",
        "נשלח", "תאריך", "التاريخ",
        "تاريخ الإرسال", "发送时间", "日期", "傳送日期", "寄件日期", "送信日時", "日付", "날짜",
        "보낸 날짜", "fecha", "trimis",
        "tanggal",
        "ngày", "date d'envoi", "gesendet am", "sent at",
    ),
    "to": (
        "to", "an", "à", "para", "a", "aan", "till", "til", "vastaanottaja", "do", "komu", "кому",
        "címzett", "kime", "alıcı",
        "προς", "אל", "إلى", "收件人", "收件者", "宛先", "받는 사람", "받는사람", "pour", "destinataire",
        "către", "kepada", "đến", "pro",
    ),
    "subject": (
        "subject", "betreff", "objet", "asunto", "assunto", "oggetto", "onderwerp", "ämne", "emne",
        "aihe", "temat", "předmět",
        "predmet", "тема", "tárgy", "konu", "θέμα", "נושא", "الموضوع", "主题", "主題", "主旨",
        "件名", "제목",
        "subiect", "subjek", "chủ đề",
        "sujet",
    ),
    "cc": ("cc", "kopie", "copie", "копия", "kopia", "抄送", "副本", "참조", "dw", "cópia", "copia",
    "másolat", "bilgi"),
}  # fmt: skip

MEANING = {word: meaning for meaning, words in LABELS.items() for word in words}

SENT_FROM = (
    "sent from my", "sent from outlook", "sent from mail for windows", "sent from yahoo mail",
    "sent from samsung", "sent via",
    "get outlook for", "von meinem", "gesendet von", "von meinem iphone gesendet", "gesendet mit der",
    "diese nachricht wurde von meinem",
    "envoyé de mon", "envoyé depuis", "envoyé à partir de", "enviado desde mi", "enviado desde",
    "enviado do meu", "enviado de mi",
    "enviado a partir do", "inviato da", "verstuurd vanaf", "verzonden vanaf", "verzonden met",
    "skickat från", "sendt fra",
    "lähetetty", "wysłane z", "wysłano z", "odesláno z", "odoslané z", "отправлено с", "отправлено из",
    "надіслано з", "iphoneから送信",
    "発自", "发自我的", "發自我的", "從我的", "나의 iphone에서", "iphone'umdan gönderildi",
    "στάλθηκε από", "נשלח מה",
    "أُرسلت من",
    "küldve", "az iphone-omról küldve", "trimis de pe", "scarica outlook per", "obtener outlook para",
    "outlook für",
    "télécharger outlook pour", "obter o outlook para", "descargue outlook", "androidから送信",
    "sent with proton", "sent from proton",
)  # fmt: skip

_MARKS = re.compile(r"^[\s>*_|\-=–—~:]+|[\s*_\-=–—~:：]+$")


def bare(line: str) -> str:
    """Return a line in lower case without the rules and stars around it."""
    return _MARKS.sub("", line[:400]).strip().lower()
