"""One change to a valid catalogue for each way to be wrong, with the exact message and its line."""

from collections.abc import Callable

import pytest

from catalog.load import loads

from .conftest import FAMILIES

ID = "1 to 63 lower-case letters, digits and hyphens, beginning with a letter"
DURATION = "a number and its unit ms, s, m, h or d, such as 500ms, 5s, 2m, 1h, 30d; more than 0, at most 366d"
INSTANT = "ISO 8601 with an offset, such as 2026-11-23T16:00:00Z"
SERVICE_KEYS = "id, title, owner, contact, runbook, objective"
PAGE_KEYS = "url, wanted, timeout, slow_after, ratio, retries, strict, colour"

Change = Callable[[str, str], str]
Refuse = Callable[[str], list[str]]

STRUCTURE = {
    "unknown key, and the missing one it was meant to be": (
        "title: Web site",
        "titel: Web site",
        [
            "4:5: services[0].title: is missing (allowed a text)",
            f'5:5: services[0].titel: unknown key; did you mean title? (value "Web site"; allowed {SERVICE_KEYS})',
        ],
    ),
    "unknown key in a family's spec": (
        "timeout: 2s",
        "tiemout: 3s",
        [f'19:7: targets[0].spec.tiemout: unknown key; did you mean timeout? (value "3s"; allowed {PAGE_KEYS})'],
    ),
    "unknown key deep in a family's spec": (
        "timeout: 2s",
        "wanted: {json: [{path: $.a, equal: 1}]}",
        [
            (
                "19:35: targets[0].spec.wanted.json[0].equal: unknown key; did you mean equals? "
                "(value 1; allowed path, equals)"
            )
        ],
    ),
    "a majority of nothing": (
        "family: store\n",
        "family: store\n    judging: { bad: 3 of 2 }\n",
        [
            (
                '22:21: targets[1].judging.bad: is not a majority (value "3 of 2"; '
                "allowed n of m with n at most m and both 1 to 9, such as 2 of 3)"
            )
        ],
    ),
    "unknown key called like the family": (
        "family: store\n",
        "family: store\n    store: 1\n",
        [
            (
                "22:5: targets[1].store: unknown key "
                "(value 1; allowed id, family, service, component, critical, private, deployed, proves, judging, spec)"
            )
        ],
    ),
    "key missing deep in a family's spec": (
        "timeout: 2s",
        "wanted: {json: [{equals: 1}]}",
        ["19:23: targets[0].spec.wanted.json[0].path: is missing (allowed a text)"],
    ),
    "empty value": (
        "owner: web-team",
        "owner:",
        ["6:11: services[0].owner: is the wrong kind of value (value null; allowed a text)"],
    ),
    "blank title": (
        "title: Web site",
        'title: " "',
        ['5:12: services[0].title: is empty (value " "; allowed a text)'],
    ),
    "title of two lines": (
        "title: Web site",
        r'title: "a\nb"',
        [
            (
                r'5:12: services[0].title: is not a short line (value "a\nb"; '
                "allowed one line of at most 200 printable characters)"
            )
        ],
    ),
    "text instead of a list": (
        "proves: [orders]",
        "proves: orders",
        ['16:13: targets[0].proves: is the wrong kind of value (value "orders"; allowed a list)'],
    ),
    "list instead of a mapping": (
        "{name: shop, title: A shop, region: eu-west-1}",
        "[shop]",
        [
            (
                "2:11: platform: is the wrong kind of value "
                "(value a list; allowed a mapping with the keys name, title, region)"
            )
        ],
    ),
    "list instead of a scalar of several kinds": (
        "timeout: 2s",
        "wanted: {json: [{path: $.a, equals: [1]}]}",
        [
            (
                "19:43: targets[0].spec.wanted.json[0].equals: is the wrong kind of value "
                "(value a list; allowed a text or a whole number or a number or true or false or null)"
            )
        ],
    ),
    "number instead of a text": (
        "timeout: 2s",
        "wanted: {headers: {a: 1}}",
        ["19:29: targets[0].spec.wanted.headers.a: is the wrong kind of value (value 1; allowed a text)"],
    ),
    "fraction instead of a whole number": (
        "timeout: 2s",
        "retries: 1.5",
        ["19:16: targets[0].spec.retries: is the wrong kind of value (value 1.5; allowed a whole number)"],
    ),
    "octal number": (
        "timeout: 2s",
        "retries: 010",
        ['19:16: targets[0].spec.retries: is the wrong kind of value (value "010"; allowed a whole number)'],
    ),
    "quoted number": (
        "timeout: 2s",
        'ratio: "1"',
        ['19:14: targets[0].spec.ratio: is the wrong kind of value (value "1"; allowed a number)'],
    ),
    "infinite number": (
        "timeout: 2s",
        "ratio: 1e999",
        ['19:14: targets[0].spec.ratio: is the wrong kind of value (value "1e999"; allowed a number)'],
    ),
    "number instead of a boolean": (
        "timeout: 2s",
        "strict: 1",
        ["19:15: targets[0].spec.strict: is the wrong kind of value (value 1; allowed true or false)"],
    ),
    "not in a Literal": (
        "{host: db.internal}",
        "{host: db.internal, login: owm}",
        [
            (
                "24:38: targets[1].spec.login: is not an allowed value; did you mean own? "
                '(value "owm"; allowed own, application)'
            )
        ],
    ),
    "not in an enumeration": (
        "timeout: 2s",
        "colour: blue",
        ['19:15: targets[0].spec.colour: is not an allowed value (value "blue"; allowed red, green)'],
    ),
    "schema version of the future": (
        "schema_version: 1",
        "schema_version: 2",
        ["1:17: schema_version: is not an allowed value (value 2; allowed 1)"],
    ),
    "schema version missing": (
        "schema_version: 1\n",
        "",
        ["1:1: schema_version: is missing (allowed 1)"],
    ),
    "unknown family": (
        "family: page",
        "family: pgae",
        ['13:13: targets[0].family: no family has this name; did you mean page? (value "pgae"; allowed page, store)'],
    ),
    "family missing": (
        "    family: page\n",
        "",
        ["12:5: targets[0].family: is missing (allowed page or store)"],
    ),
    "family of another kind": (
        "family: page",
        "family: [page]",
        ["13:13: targets[0].family: no family has this name (value a list; allowed page, store)"],
    ),
    "a family's own rule": (
        "timeout: 2s",
        "timeout: 2s\n      slow_after: 3s",
        ["20:19: targets[0].spec.slow_after: slow_after is longer than the timeout; write less"],
    ),
    "a family's own rule, deep": (
        "timeout: 2s",
        "wanted: {status: [200, 99]}",
        ["19:24: targets[0].spec.wanted.status: wanted.status is [200, 99]; write statuses from 100 to 599"],
    ),
}

TEXTS = {
    "id in capitals": (
        "id: home",
        "id: Home",
        [f'12:9: targets[0].id: is not an id (value "Home"; allowed {ID})'],
    ),
    "id that ends in a line break": (
        "id: home",
        r'id: "home\n"',
        [rf'12:9: targets[0].id: is not an id (value "home\n"; allowed {ID})'],
    ),
    "id of 64 characters": (
        "id: home",
        f"id: {'h' * 64}",
        [f'12:9: targets[0].id: is not an id (value "{"h" * 58}…; allowed {ID})'],
    ),
    "id that is a number": (
        "id: home",
        "id: 404",
        ["12:9: targets[0].id: is the wrong kind of value (value 404; allowed a text)"],
    ),
    "id that old YAML takes for a boolean": (
        "id: home",
        "id: on",
        [
            (
                "12:9: targets[0].id: on is a text for some readers of YAML and a boolean for others "
                '(value "on"; allowed true or false, or "on" in quotes where the text is meant)'
            )
        ],
    ),
    "boolean that new YAML takes for a text": (
        "timeout: 2s",
        "strict: Yes",
        [
            (
                "19:15: targets[0].spec.strict: Yes is a text for some readers of YAML and a boolean for others "
                '(value "Yes"; allowed true or false, or "Yes" in quotes where the text is meant)'
            )
        ],
    ),
    "component's name": (
        "components:\n",
        "components:\n  - {id: sg.Web-1, service: web}\n",
        [
            (
                '9:10: components[0].id: is not a component\'s id (value "sg.Web-1"; allowed <kind> or <kind>.<name>, '
                "the name of lower-case letters, digits and underscores, such as rds or app.web)"
            )
        ],
    ),
    "component's kind": (
        "components:\n",
        "components:\n  - {id: rsd.main, service: web}\n",
        [
            (
                '9:10: components[0].id: rsd is not a kind of component; did you mean rds? (value "rsd.main"; allowed '
                "kinds acm alb app auditor ci clock cloudmap code dns ecs egress iam image listener nacl queue rds "
                "redis registration s3 secret sg sqs ssm subnet taskdef tg tls vpc)"
            )
        ],
    ),
    "region": (
        "region: eu-west-1",
        "region: europe",
        ['2:47: platform.region: is not an AWS region (value "europe"; allowed a region such as us-east-1)'],
    ),
    "runbook": (
        "owner: web-team",
        "owner: web-team\n    runbook: ftp://x/",
        [
            (
                '7:14: services[0].runbook: is not the address of a page (value "ftp://x/"; '
                "allowed http://… or https://…, or leave the key out)"
            )
        ],
    ),
    "duration without a unit": (
        "timeout: 2s",
        "timeout: 2",
        [f"19:16: targets[0].spec.timeout: is not a duration (value 2; allowed {DURATION})"],
    ),
    "duration with an unknown unit": (
        "timeout: 2s",
        "timeout: 2 sec",
        [f'19:16: targets[0].spec.timeout: is not a duration (value "2 sec"; allowed {DURATION})'],
    ),
    "negative duration": (
        "timeout: 2s",
        "timeout: -2s",
        [f'19:16: targets[0].spec.timeout: is not a duration (value "-2s"; allowed {DURATION})'],
    ),
    "no duration at all": (
        "timeout: 2s",
        "timeout: 0s",
        [f'19:16: targets[0].spec.timeout: is out of range (value "0s"; allowed {DURATION})'],
    ),
    "duration beyond all measure": (
        "timeout: 2s",
        "timeout: 999999999d",
        [f'19:16: targets[0].spec.timeout: is out of range (value "999999999d"; allowed {DURATION})'],
    ),
    "objective that cannot be missed, and one that cannot be kept": (
        "owner: web-team\n  - {id: data, title: Data, owner: data-team}",
        (
            "owner: web-team\n    objective: {availability_percent: 0, window: 1w}\n"
            "  - {id: data, title: Data, owner: data-team, objective: {availability_percent: 100}}"
        ),
        [
            "7:39: services[0].objective.availability_percent: is out of range (value 0; allowed more than 0)",
            f'7:50: services[0].objective.window: is not a duration (value "1w"; allowed {DURATION})',
            "8:81: services[1].objective.availability_percent: is out of range (value 100; allowed less than 100)",
        ],
    ),
    "threshold": (
        "dependencies:\n",
        "thresholds: {ecs_task_restarts: -1, error_rate_percent: 101}\ndependencies:\n",
        [
            "25:33: thresholds.ecs_task_restarts: is out of range (value -1; allowed at least 0)",
            "25:57: thresholds.error_rate_percent: is out of range (value 101; allowed at most 100)",
        ],
    ),
    "budget that allows nothing": (
        "dependencies:\n",
        "budget: {dollars_a_month: 0}\ndependencies:\n",
        ["25:27: budget.dollars_a_month: is out of range (value 0; allowed more than 0)"],
    ),
    "budget in another currency, and none in dollars": (
        "dependencies:\n",
        "budget: {euros_a_month: 50}\ndependencies:\n",
        [
            "25:9: budget.dollars_a_month: is missing (allowed a number)",
            (
                "25:10: budget.euros_a_month: unknown key; did you mean dollars_a_month? "
                "(value 50; allowed dollars_a_month)"
            ),
        ],
    ),
    "budget as a text": (
        "dependencies:\n",
        "budget: {dollars_a_month: $50}\ndependencies:\n",
        ['25:27: budget.dollars_a_month: is the wrong kind of value (value "$50"; allowed a number)'],
    ),
}

REFERENCES = {
    "doubled service": (
        "  - {id: data, title: Data, owner: data-team}",
        "  - {id: data, title: Data, owner: data-team}\n  - {id: web, title: Web, owner: web-team}",
        ['8:10: services[2].id: the id is taken, first in line 4 (value "web"; allowed each id once)'],
    ),
    "doubled component": (
        "  - {id: rds, service: data}",
        "  - {id: rds, service: data}\n  - {id: rds, service: web}",
        ['11:10: components[2].id: the id is taken, first in line 10 (value "rds"; allowed each id once)'],
    ),
    "doubled target": (
        "id: orders\n",
        "id: home\n",
        [
            '16:14: targets[0].proves[0]: no target has this id (value "orders"; allowed home)',
            '20:9: targets[1].id: the id is taken, first in line 12 (value "home"; allowed each id once)',
        ],
    ),
    "doubled maintenance window": (
        "dependencies:\n",
        (
            "maintenance:\n"
            "  - {id: m, services: [web], reason: r, weekly: {weekday: monday, at: 01:00, duration: 1h}}\n"
            "  - {id: m, services: [web], reason: r, weekly: {weekday: friday, at: 01:00, duration: 1h}}\n"
            "dependencies:\n"
        ),
        ['27:10: maintenance[1].id: the id is taken, first in line 26 (value "m"; allowed each id once)'],
    ),
    "component of no service": (
        "{id: rds, service: data}",
        "{id: rds, service: date}",
        ['10:24: components[1].service: no service has this id; did you mean data? (value "date"; allowed web, data)'],
    ),
    "target of no service": (
        "    service: web\n",
        "    service: shop\n",
        ['14:14: targets[0].service: no service has this id (value "shop"; allowed web, data)'],
    ),
    "target of no component": (
        "component: rds",
        "component: sg.x",
        ['23:16: targets[1].component: no component has this id (value "sg.x"; allowed app.web, rds)'],
    ),
    "proves nothing that exists": (
        "proves: [orders]",
        "proves: [order]",
        [
            (
                "16:14: targets[0].proves[0]: no target has this id; did you mean orders? "
                '(value "order"; allowed home, orders)'
            )
        ],
    ),
    "proves itself": (
        "proves: [orders]",
        "proves: [home]",
        ['16:14: targets[0].proves[0]: proves itself (value "home"; allowed another one)'],
    ),
    "targets that prove each other": (
        "component: rds",
        "component: rds\n    proves: [home]",
        ['24:14: targets[1].proves[0]: closes a cycle: home -> orders -> home (value "home"; allowed no cycles)'],
    ),
    "dependency of and on nothing": (
        "{service: web, needs: data}",
        "{service: wbe, needs: dta}",
        [
            (
                "26:15: dependencies[0].service: no service has this id; did you mean web? "
                '(value "wbe"; allowed web, data)'
            ),
            '26:27: dependencies[0].needs: no service has this id; did you mean data? (value "dta"; allowed web, data)',
        ],
    ),
    "dependency on itself": (
        "{service: web, needs: data}",
        "{service: web, needs: web}",
        ['26:27: dependencies[0].needs: needs itself (value "web"; allowed another one)'],
    ),
    "services that need each other": (
        "  - {service: web, needs: data}",
        "  - {service: web, needs: data}\n  - {service: data, needs: web}",
        ['27:28: dependencies[1].needs: closes a cycle: web -> data -> web (value "web"; allowed no cycles)'],
    ),
    "window of no service": (
        "dependencies:\n",
        (
            "maintenance:\n"
            "  - {id: m, services: [wep], reason: r, weekly: {weekday: monday, at: 01:00, duration: 1h}}\n"
            "dependencies:\n"
        ),
        [
            (
                "26:24: maintenance[0].services[0]: no service has this id; did you mean web? "
                '(value "wep"; allowed web, data)'
            )
        ],
    ),
    "a broken part hides no dangling reference in another": (
        "{service: web, needs: data}",
        "{service: web, needs: dta, ower: tcp}",
        [
            '26:27: dependencies[0].needs: no service has this id; did you mean data? (value "dta"; allowed web, data)',
            '26:32: dependencies[0].ower: unknown key; did you mean over? (value "tcp"; allowed service, needs, over)',
        ],
    ),
}

WINDOWS = {
    "neither once nor weekly": (
        "services: [web]",
        [
            (
                "26:5: maintenance[0]: says neither or both of when it happens "
                "(value a mapping; allowed either once or weekly)"
            ),
        ],
    ),
    "nobody's": (
        "services: [], weekly: {weekday: sunday, at: 01:00, duration: 1h}",
        ["26:34: maintenance[0].services: is empty (value a list; allowed at least one element)"],
    ),
    "without offset": (
        "services: [web], once: {starts: 2026-01-01T00:00:00, ends: 2026-01-02T00:00:00Z}",
        [f'26:56: maintenance[0].once.starts: is not an instant (value "2026-01-01T00:00:00"; allowed {INSTANT})'],
    ),
    "before the calendar": (
        "services: [web], once: {starts: 0001-01-01T00:00:00+10:00, ends: 2026-01-02T00:00:00Z}",
        [
            (
                '26:56: maintenance[0].once.starts: is not an instant (value "0001-01-01T00:00:00+10:00"; '
                f"allowed {INSTANT})"
            )
        ],
    ),
    "ends first": (
        "services: [web], once: {starts: 2026-01-02T00:00:00Z, ends: 2026-01-01T00:00:00Z}",
        ["26:47: maintenance[0].once: ends before it starts (value a mapping; allowed an end after the start)"],
    ),
    "weekly, all wrong": (
        "services: [web], weekly: {weekday: sun, at: 24:00, duration: 1, timezone: Europe/Berln}",
        [
            (
                '26:59: maintenance[0].weekly.weekday: is not an allowed value; did you mean sunday? (value "sun"; '
                "allowed monday, tuesday, wednesday, thursday, friday, saturday, sunday)"
            ),
            '26:68: maintenance[0].weekly.at: is not a time of day (value "24:00"; allowed HH:MM, such as 02:30)',
            f"26:85: maintenance[0].weekly.duration: is not a duration (value 1; allowed {DURATION})",
            (
                '26:98: maintenance[0].weekly.timezone: is not a known time zone (value "Europe/Berln"; allowed names '
                "of the IANA time zone database, such as Europe/Berlin, Europe/Belfast, Europe/Helsinki)"
            ),
        ],
    ),
    "longer than its week": (
        "services: [web], weekly: {weekday: sunday, at: 01:00, duration: 7d}",
        [
            (
                "26:49: maintenance[0].weekly: a weekly window lasts a week or longer "
                "(value a mapping; allowed a duration under 7d)"
            )
        ],
    ),
}

CASES = STRUCTURE | TEXTS | REFERENCES


@pytest.mark.parametrize(("old", "new", "expected"), CASES.values(), ids=CASES.keys())
def test_it_is_refused_with_line_key_value_and_what_is_allowed(
    old: str, new: str, expected: list[str], changed: Change, refuse: Refuse
) -> None:
    assert refuse(changed(old, new)) == [f"c.yaml:{message}" for message in expected]


@pytest.mark.parametrize(("window", "expected"), WINDOWS.values(), ids=WINDOWS.keys())
def test_a_maintenance_window_is_refused(window: str, expected: list[str], changed: Change, refuse: Refuse) -> None:
    text = changed("dependencies:\n", f"maintenance:\n  - {{id: m, reason: r, {window}}}\ndependencies:\n")
    assert refuse(text) == [f"c.yaml:{message}" for message in expected]


def test_all_problems_come_at_once_sorted_by_line(valid: str, refuse: Refuse) -> None:
    text = (
        valid.replace("timeout: 2s", "timeout: soon")
        .replace("owner: web-team", "owner: web-team\n    colour: red")
        .replace("needs: data", "needs: web")
    )
    assert [message.split(": ")[:2] for message in refuse(text)] == [
        ["c.yaml:7:5", "services[0].colour"],
        ["c.yaml:20:16", "targets[0].spec.timeout"],
        ["c.yaml:27:27", "dependencies[0].needs"],
    ]


def test_a_long_cycle_is_named_once_and_shortened(valid: str, refuse: Refuse) -> None:
    names = [f"s{number}" for number in range(40)]
    services = "".join(f"  - {{id: {name}, title: T, owner: o}}\n" for name in names)
    ring = "".join(f"  - {{service: {a}, needs: {b}}}\n" for a, b in zip(names, [*names[1:], "s0"], strict=True))
    text = valid.replace("components:\n", services + "components:\n") + ring
    [message] = refuse(text)
    assert message == (
        "c.yaml:106:27: dependencies[40].needs: closes a cycle: "
        's0 -> s1 -> s2 -> s3 -> s4 -> s5 -> s6 -> s7 -> s8 -> s9 -> … -> s0 (value "s0"; allowed no cycles)'
    )


def test_two_cycles_are_both_named(valid: str, refuse: Refuse) -> None:
    services = "".join(f"  - {{id: s{number}, title: T, owner: o}}\n" for number in range(4))
    rings = "".join(f"  - {{service: s{a}, needs: s{b}}}\n" for a, b in ((0, 1), (1, 0), (2, 3), (3, 2)))
    messages = refuse(valid.replace("components:\n", services + "components:\n") + rings)
    assert ["s0 -> s1 -> s0" in messages[0], "s2 -> s3 -> s2" in messages[1], len(messages)] == [True, True, 2]


def test_there_are_at_most_ninety_services(valid: str, refuse: Refuse) -> None:
    more = [f"  - {{id: s{number}, title: T, owner: o}}\n" for number in range(89)]
    one_too_many = valid.replace("components:\n", "".join(more) + "components:\n")
    assert len(loads(one_too_many.replace(more[-1], ""), "c.yaml", FAMILIES).services) == 90
    [message] = refuse(one_too_many)
    assert message.endswith("services: has 91 elements (value a list; allowed at most 90)")
