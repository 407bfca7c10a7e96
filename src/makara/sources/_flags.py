"""Flag states as lists write them, to ISO 3166 alpha-3."""

from __future__ import annotations

from typing import Final

import polars as pl

# fmt: off
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "ABW": ("aruba",), "AFG": ("afghanistan",), "AGO": ("angola",), "AIA": ("anguilla",), "ALB": ("albania",),
    "AND": ("andorra",), "ARE": ("united arab emirates", "uae"), "ARG": ("argentina",), "ARM": ("armenia",),
    "ASM": ("american samoa",), "ATG": ("antigua and barbuda",), "AUS": ("australia",), "AUT": ("austria",),
    "AZE": ("azerbaijan",), "BDI": ("burundi",), "BEL": ("belgium",), "BEN": ("benin",), "BFA": ("burkina faso",),
    "BGD": ("bangladesh",), "BGR": ("bulgaria",), "BHR": ("bahrain",), "BHS": ("bahamas",),
    "BIH": ("bosnia and herzegovina",), "BLR": ("belarus",), "BLZ": ("belize",), "BMU": ("bermuda",),
    "BOL": ("bolivia", "plurinational state of bolivia"), "BRA": ("brazil",), "BRB": ("barbados",),
    "BRN": ("brunei", "brunei darussalam"), "BTN": ("bhutan",), "BWA": ("botswana",),
    "CAF": ("central african republic",), "CAN": ("canada",), "CHE": ("switzerland",), "CHL": ("chile",),
    "CHN": ("china", "people s republic of china", "prc"), "CIV": ("cote d ivoire", "ivory coast"),
    "CMR": ("cameroon",), "COD": ("democratic republic of the congo",), "COG": ("congo", "republic of the congo"),
    "COK": ("cook islands",), "COL": ("colombia",), "COM": ("comoros",), "CPV": ("cape verde", "cabo verde"),
    "CRI": ("costa rica",), "CUB": ("cuba",), "CUW": ("curacao",), "CXR": ("christmas island",),
    "CYM": ("cayman islands",), "CYP": ("cyprus",), "CZE": ("czechia", "czech republic"), "DEU": ("germany",),
    "DJI": ("djibouti",), "DMA": ("dominica",), "DNK": ("denmark",), "DOM": ("dominican republic",),
    "DZA": ("algeria",), "ECU": ("ecuador",), "EGY": ("egypt",), "ERI": ("eritrea",), "ESP": ("spain",),
    "EST": ("estonia",), "ETH": ("ethiopia",), "FIN": ("finland",), "FJI": ("fiji",),
    "FLK": ("falkland islands", "falkland islands malvinas"), "FRA": ("france",), "FRO": ("faroe islands",),
    "FSM": ("micronesia", "federated states of micronesia"), "GAB": ("gabon",),
    "GBR": ("united kingdom", "uk", "great britain"), "GEO": ("georgia",), "GHA": ("ghana",), "GIB": ("gibraltar",),
    "GIN": ("guinea", "guinea conakry"), "GLP": ("guadeloupe",), "GMB": ("gambia",), "GNB": ("guinea bissau",),
    "GNQ": ("equatorial guinea",), "GRC": ("greece",), "GRD": ("grenada",), "GRL": ("greenland",),
    "GTM": ("guatemala",), "GUF": ("french guiana",), "GUY": ("guyana",), "HKG": ("hong kong",),
    "HND": ("honduras",), "HRV": ("croatia",), "HTI": ("haiti",), "HUN": ("hungary",), "IDN": ("indonesia",),
    "IND": ("india",), "IRL": ("ireland",), "IRN": ("iran", "islamic republic of iran"), "IRQ": ("iraq",),
    "ISL": ("iceland",), "ISR": ("israel",), "ITA": ("italy",), "JAM": ("jamaica",), "JOR": ("jordan",),
    "JPN": ("japan",), "KAZ": ("kazakhstan",), "KEN": ("kenya",), "KGZ": ("kyrgyzstan",), "KHM": ("cambodia",),
    "KIR": ("kiribati",), "KNA": ("saint kitts and nevis",),
    "KOR": ("south korea", "republic of korea", "korea republic of"), "KWT": ("kuwait",),
    "LAO": ("laos", "lao people s democratic republic"), "LBN": ("lebanon",), "LBR": ("liberia",), "LBY": ("libya",),
    "LCA": ("saint lucia",), "LIE": ("liechtenstein",), "LKA": ("sri lanka",), "LSO": ("lesotho",),
    "LTU": ("lithuania",), "LUX": ("luxembourg",), "LVA": ("latvia",), "MAC": ("macao", "macau"),
    "MAR": ("morocco",), "MCO": ("monaco",), "MDA": ("moldova", "republic of moldova"), "MDG": ("madagascar",),
    "MDV": ("maldives",), "MEX": ("mexico",), "MHL": ("marshall islands",), "MKD": ("north macedonia",),
    "MLI": ("mali",), "MLT": ("malta",), "MMR": ("myanmar", "burma"), "MNE": ("montenegro",), "MNG": ("mongolia",),
    "MNP": ("northern mariana islands",), "MOZ": ("mozambique",), "MRT": ("mauritania",), "MSR": ("montserrat",),
    "MTQ": ("martinique",), "MUS": ("mauritius",), "MWI": ("malawi",), "MYS": ("malaysia",), "NAM": ("namibia",),
    "NCL": ("new caledonia",), "NER": ("niger",), "NGA": ("nigeria",), "NIC": ("nicaragua",), "NIU": ("niue",),
    "NLD": ("netherlands",), "NOR": ("norway",), "NPL": ("nepal",), "NRU": ("nauru",), "NZL": ("new zealand",),
    "OMN": ("oman",), "PAK": ("pakistan",), "PAN": ("panama",), "PCN": ("pitcairn",), "PER": ("peru",),
    "PHL": ("philippines",), "PLW": ("palau",), "PNG": ("papua new guinea",), "POL": ("poland",),
    "PRI": ("puerto rico",),
    "PRK": ("north korea", "democratic people s republic of korea", "korea north", "dprk"), "PRT": ("portugal",),
    "PRY": ("paraguay",), "PSE": ("palestine", "state of palestine"), "PYF": ("french polynesia",), "QAT": ("qatar",),
    "REU": ("reunion",), "ROU": ("romania",), "RUS": ("russia", "russian federation"), "RWA": ("rwanda",),
    "SAU": ("saudi arabia",), "SDN": ("sudan",), "SEN": ("senegal",), "SGP": ("singapore",),
    "SHN": ("saint helena",), "SLB": ("solomon islands",), "SLE": ("sierra leone",), "SLV": ("el salvador",),
    "SMR": ("san marino",), "SOM": ("somalia",), "SPM": ("saint pierre and miquelon",), "SRB": ("serbia",),
    "SSD": ("south sudan",), "STP": ("sao tome and principe",), "SUR": ("suriname",), "SVK": ("slovakia",),
    "SVN": ("slovenia",), "SWE": ("sweden",), "SWZ": ("eswatini", "swaziland"), "SYC": ("seychelles",),
    "SYR": ("syria", "syrian arab republic"), "TCA": ("turks and caicos islands",), "TCD": ("chad",),
    "TGO": ("togo",), "THA": ("thailand",), "TJK": ("tajikistan",), "TKM": ("turkmenistan",), "TON": ("tonga",),
    "TTO": ("trinidad and tobago",), "TUN": ("tunisia",), "TUR": ("turkey", "turkiye"), "TUV": ("tuvalu",),
    "TWN": ("taiwan", "chinese taipei"), "TZA": ("tanzania", "zanzibar", "united republic of tanzania"),
    "UGA": ("uganda",), "UKR": ("ukraine",), "URY": ("uruguay",), "USA": ("united states", "usa"),
    "UZB": ("uzbekistan",), "VAT": ("holy see", "vatican"), "VCT": ("saint vincent and the grenadines",),
    "VEN": ("venezuela", "bolivarian republic of venezuela"), "VGB": ("british virgin islands",),
    "VIR": ("us virgin islands",), "VNM": ("vietnam", "viet nam"), "VUT": ("vanuatu",),
    "WLF": ("wallis and futuna",), "WSM": ("samoa",), "YEM": ("yemen",), "ZAF": ("south africa",),
    "ZMB": ("zambia",), "ZWE": ("zimbabwe",),
}
# fmt: on
_CODES: Final = {name: code for code, names in _NAMES.items() for name in names}


def alpha3(values: pl.Series) -> pl.Series:
    """Alpha-3 codes of flags in words or codes (``EU-ITA`` is ITA); null where they are no state.

    Args:
        values: text.
    """
    words = (
        values.to_frame("v")
        .select(
            pl.col("v").str.normalize("NFKD").str.replace_all(r"\p{M}", "").str.to_lowercase()
            .str.replace_all("&", "and").str.replace_all(r"[^a-z]+", " ").str.strip_chars()
            .str.replace(r"^the ", "").str.replace(r"^st ", "saint ")
        )
        .to_series()
    )  # fmt: skip
    named = words.replace_strict(_CODES, default=None, return_dtype=pl.String())
    code = values.str.strip_chars().str.strip_prefix("EU-")
    codes = code.set(~code.is_in(list(_NAMES)).fill_null(value=False), None)
    return codes.zip_with(codes.is_not_null(), named)
