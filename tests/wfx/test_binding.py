"""What recorded names are bound to."""

from __future__ import annotations

import pytest

from wfx.binding import Names, in_python, named

NAMES = {
    "workflow//./flows/*.ts//*": "flows.*:*",
    "step//flows/orders.ts//*": "orders:*",
    "step//flows/orders.ts//send*": "mail:send_*",
    "step//flows/orders.ts//sendAll": "mail:everybody",
    "step//old.ts//*": "flows.old:gone",
    "oldShop:*": "shop:Charge.*",
}


@pytest.mark.parametrize(
    ("recorded", "name"),
    [
        ("workflow//./flows/order-mail.ts//sendReceipt", "flows.order_mail:send_receipt"),
        ("workflow//./flows/deep/orders.ts//x", None),
        ("step//flows/orders.ts//chargeCard", "orders:charge_card"),
        ("step//flows/orders.ts//sendReceipt", "mail:send_receipt"),
        ("step//flows/orders.ts//sendAll", "mail:everybody"),
        ("step//flows/orders.ts//", None),
        ("step//old.ts//whatever", "flows.old:gone"),
        ("step//flows/orders-ts//x", None),
        ("oldShop:chargeCard", "shop:Charge.chargeCard"),
        ("oldShop", None),
    ],
)
def test_a_name_is_found_by_patterns(recorded: str, name: str | None) -> None:
    """The name itself before patterns, long ones before short ones; no star crosses a slash."""
    assert named(NAMES, recorded) == name


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("chargeCard", "charge_card"),
        ("parseHTTPHeader", "parse_http_header"),
        ("order-mail", "order_mail"),
        ("step2Retry", "step2_retry"),
        ("already_python", "already_python"),
        ("Größe", "größe"),
    ],
)
def test_names_are_written_as_in_python(name: str, python: str) -> None:
    """Words divided by underscores, in lower case."""
    assert in_python(name) == python


def test_names_of_today_are_a_mapping_that_knows_patterns() -> None:
    """Whoever asks for a name need not know what was a pattern; classes go by modules alone."""
    names = Names({"shop": "store", "old.*": "new.*", "*//send": "mail:send", "a*": "b:*"})

    assert [names["shop"], names["old.models"], names["x//send"]] == [
        "store",
        "new.models",
        "mail:send",
    ]
    assert (names.get("none"), "none" in names, len(names)) == (None, False, 4)
    assert dict(names)["old.*"] == "new.*"
    assert dict(names.of_modules) == {"shop": "store", "old.*": "new.*"}
    assert names["away"] == "b:way"
    assert "away" not in names.of_modules
