"""The whole path: a database that stops is one page, one story, and a victim that pages nobody."""

from tests.e2e.conftest import Deployed


def test_a_stopped_database_is_one_page_one_story_and_a_victim_that_pages_nobody(deployed: Deployed) -> None:
    deployed.healthy()
    deployed.forget_messages()
    deployed.break_("database")
    try:
        report = deployed.report(lambda r: any(line.at_fault for line in r.services))
        services = {line.id: line for line in report.services}
        assert (services["database"].verdict, services["database"].at_fault) == ("DOWN", True)
        assert (services["web"].verdict, services["web"].at_fault) == ("DOWN", False)
        targets = {target.id: target for line in report.services for target in line.targets}
        assert targets["web-home"].verdict == "HEALTHY"
        assert targets["web-orders"].verdict == "DOWN"
        causes = {(p.target, p.phase, p.cause) for p in report.problems if not p.victim_of and p.status == "FAIL"}
        assert causes == {
            ("orders-database", "tcp", "tcp.refused"),
            ("orders-database-login", "tcp", "tcp.refused"),
        }
        assert {p.target for p in report.problems if p.victim_of} == {"web-orders"}

        pages = deployed.messages("pages", enough=bool)
        stories = deployed.messages("stories", enough=bool)
        # Three more slots with the outage going on: nobody is woken or told again.
        pages += deployed.messages("pages", enough=lambda found: False, seconds=30.0)
        stories += deployed.messages("stories", enough=bool, seconds=1.0)
        assert [page["Subject"].partition(" in ")[0] for page in pages] == ['ALARM: "sandbox-database-open-incident"']
        assert [story["MessageAttributes"]["kind"]["Value"] for story in stories] == ["opened"]
        assert stories[0]["MessageAttributes"]["service"]["Value"] == "database"
        assert "tcp.refused" in stories[0]["Subject"]
        assert "web-orders" in stories[0]["Message"]
    finally:
        deployed.mend("database")
    deployed.healthy()
    recovery = deployed.messages("pages", enough=bool)
    assert ["database" in page["Subject"] and page["Subject"].startswith("OK") for page in recovery] == [True]
    ended = deployed.messages("stories", enough=bool)
    assert [story["MessageAttributes"]["kind"]["Value"] for story in ended] == ["resolved"]
