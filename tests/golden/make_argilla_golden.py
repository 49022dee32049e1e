"""Makes tests/fixtures/data/argilla.json: rankings as Argilla exports them, nested and as columns.

Needs no network and no server. Run from anywhere: python tests/golden/make_argilla_golden.py
"""

import uuid

import argilla as rg
from argilla.records._io import GenericIO

from golden import FIXTURES, made_by, write_fixture

PEOPLE = [uuid.UUID(int=person) for person in (1, 2)]
ANSWERS = {"response-1": "The Loire.", "response-2": "No.", "response-3": "A river is water."}


def record(number, prompt, rankings, statuses=("submitted", "submitted")):
    """One prompt with three answers, ranked by one or two people, who were asked for a comment as well."""
    responses = [
        rg.Response("ranking", value=value, user_id=person, status=status)
        for value, person, status in zip(rankings, PEOPLE, statuses)
    ]
    comments = [rg.Response("comment", value="fine", user_id=PEOPLE[0])] if rankings else []
    suggestion = rg.Suggestion("ranking", ["response-2", "response-1", "response-3"], agent="a model")
    fields = {"instruction": prompt, **ANSWERS}
    said = responses + comments
    more = {"suggestions": [suggestion], "metadata": {"split": "train"}, "_server_id": uuid.UUID(int=100 + number)}
    return rg.Record(id=f"q{number}", fields=fields, responses=said, **more)


def records():
    one = ["response-1", "response-3", "response-2"]
    other = ["response-3", "response-1", "response-2"]
    return [
        record(1, "Name a river.", [one]),
        record(2, "Name another river.", [one, other]),
        record(3, "Name a third one.", []),
        record(4, "Name a fourth one.", [one, other], ("submitted", "draft")),
    ]


def main():
    made = {
        "made_by": made_by(__file__, "argilla"),
        "nested": GenericIO.to_list(records(), flatten=False),
        "columns": GenericIO.to_list(records(), flatten=True),
    }
    write_fixture(FIXTURES / "data" / "argilla.json", made)


main()
