"""No rule names a flag state: neither its text nor its parameters, words or code do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import makara.behaviours
from makara.base.mids import MIDS
from makara.behaviours import names, rule

FOLDER = Path(makara.behaviours.__file__).parent
FILES = sorted(p.name for p in FOLDER.glob("*.py"))
STATES = r"""
Afghan Albania Algeria Angola Argentin Armenia Australia Austria Azerbaijan Bahamas Bahrain Bangladesh
Barbados Belarus Belgi Beliz Benin Bermuda Bolivia Bosnia Botswana Brazil Brunei Bulgaria Burkina Burma
Burundi Cabo.Verde Cambodia Cameroon Canad Cayman Chad Chile Chin(?:a|ese)\b Colombia Comoros Congo
Cook.Islands Costa.Rica Croatia Cuba Cypr Czech Denmark Danish Djibouti Dominica Ecuador Egypt Salvador
Eritrea Estonia Eswatini Ethiopia Faroe Fiji Finland Finnish France French Gabon Gambia Georgia German Ghana
Gibraltar Greece Greek Greenland Grenada Guatemala Guinea Guyana Haiti Hondura Hong.Kong Hungar Iceland
India(?!n.Ocean)(?!n) Indones Iran Iraq Ireland Irish Israel Italy Italian Jamaica Japan Jordan\b Kazakh Kenya
Kiribati Korea Kosovo Kuwait Kyrgyz Laos Latvia Lebanon Lesotho Liberia Libya Liechtenstein Lithuania
Luxembourg Macao Madagascar Malawi Malaysia Maldiv Malta Maltese Marshall.Islands Mauritania Mauriti Mexic
Micronesia Moldova Monaco Mongolia Montenegro Morocc Mozambique Myanmar Namibia Nauru Nepal Netherlands Dutch
New.Zealand Nicaragua Niger Niue Norway Norwegian Oman\b Pakistan Palau Palestin Panama Papua Paragua Peru
Philippin Poland Polish Portug Qatar Romania Russia Rwanda Samoa San.Marino Saudi Senegal Serbia Seychelles
Sierra.Leone Singapore Slovak Slovenia Solomon.Islands Somali South.Africa Spain Spanish Sri.Lanka Sudan
Surinam Swed Switzerland Swiss Syria Taiwan Tajik Tanzania Thai Timor Togo Tonga Trinidad Tunisia Turk Tuvalu
Uganda Ukrain Emirates British England United.Kingdom United.States America Urugua Uzbek Vanuatu Venezuela
Viet Yemen Zambia Zimbabwe
"""
NAMED = re.compile(r"\b(?:" + "|".join(STATES.split()) + ")", re.IGNORECASE)
CODE = re.compile(r"\b(?:" + "|".join(sorted(MIDS)) + r")\b")


def said(text: str) -> list[str]:
    """States that a text names, by name or by code; places where somebody published are no flags of vessels."""
    return [m[0] for m in (*NAMED.finditer(text), *CODE.finditer(text))]


@pytest.mark.parametrize("name", FILES)
def test_no_file_of_a_rule_names_a_state(name: str) -> None:
    assert said((FOLDER / name).read_text()) == []


@pytest.mark.parametrize("kind", names())
def test_no_parameter_takes_a_state(kind: str) -> None:
    r = rule(kind).RULE
    words = [w for q in r.parameters for w in (q.name, q.doc, str(q.default))]
    words += [str(v) for values in r.profiles.values() for v in values.values()]
    assert not any(re.search(r"\b(?:flag|mid|country)\b", w.replace("_", " "), re.IGNORECASE) for w in words), words
    assert said(" ".join([*words, *r.innocent, *r.details, rule(kind).__doc__ or ""])) == []


def test_the_test_can_fail() -> None:
    assert (
        said("vessels of Panama") == ["Panama"] and said('flag == "PAN"') == ["PAN"] and said("Chinese") == ["Chinese"]
    )
    assert said("a span of hours; can and per") == []
