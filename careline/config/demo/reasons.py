"""Why customers write: the contact-reason tree of the invented shop."""

from __future__ import annotations

TREE: dict[str, tuple[str, dict[str, str]]] = {
    "order": (
        "Order",
        {
            "address": "Change of address",
            "cancel": "Cancellation",
            "change": "Change of items",
            "availability": "Availability",
            "gift": "Gift",
            "business": "Business order",
        },
    ),
    "delivery": (
        "Delivery",
        {
            "late": "Late",
            "lost": "Lost",
            "status": "Where is it",
            "partial": "Incomplete",
            "damaged": "Damaged on the way",
            "appointment": "Appointment",
            "pickup": "Pickup point",
            "abroad": "Abroad and customs",
            "driver": "Driver",
            "returned": "Returned to sender",
        },
    ),
    "payment": (
        "Payment",
        {
            "double": "Charged twice",
            "failed": "Failed payment",
            "instalments": "Terms of payment",
            "unknown": "Unknown charge",
        },
    ),
    "invoice": ("Invoice", {"copy": "Copy", "correction": "Correction", "reminder": "Reminder"}),
    "refund": ("Refund", {"status": "Not received", "amount": "Wrong amount"}),
    "voucher": ("Voucher", {"code": "Code", "gift": "Gift card"}),
    "price": ("Price", {"match": "Price match"}),
    "light": (
        "Light",
        {
            "flicker": "Flicker",
            "dead": "No light",
            "bulb": "Bulb",
            "noise": "Noise",
            "battery": "Battery",
            "outdoor": "Outdoor use",
            "dimmer": "Dimmer",
            "colour": "Colour",
        },
    ),
    "assembly": ("Assembly", {"help": "Help", "manual": "Manual"}),
    "smart": ("Smart lamps", {"pairing": "Pairing", "app": "App"}),
    "parts": ("Spare parts", {"order": "Order"}),
    "advice": ("Advice", {"choice": "Choice of lamp"}),
    "safety": ("Safety", {"heat": "Heat or smell", "recall": "Recall"}),
    "return": (
        "Return",
        {
            "label": "Label",
            "deadline": "Deadline",
            "exchange": "Exchange",
            "status": "Not booked",
            "pickup": "Collection",
            "partial": "Partial return",
            "refused": "Refused",
        },
    ),
    "complaint": (
        "Complaint",
        {
            "wrong_item": "Wrong item",
            "missing_part": "Missing part",
            "quality": "Quality",
            "service": "Our service",
        },
    ),
    "warranty": ("Warranty", {"claim": "Claim", "repair": "Repair"}),
    "general": (
        "General",
        {
            "privacy": "Personal data",
            "account": "Account",
            "not_for_us": "Not for us",
            "praise": "Praise",
            "idea": "Idea",
        },
    ),
}


def topic(reason: str) -> str:
    """Return a reason in words: "delivery/late" is "Delivery: Late"."""
    branch, leaf = reason.split("/")
    name, leaves = TREE[branch]
    return f"{name}: {leaves[leaf]}"


def path(reason: str) -> str:
    """Return a reason as the path it is kept under: "Delivery / Late"."""
    return topic(reason).replace(": ", " / ")
