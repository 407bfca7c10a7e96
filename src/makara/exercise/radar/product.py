"""A rendered scene as a product of Sentinel-1's form: a SAFE directory with annotations, calibration and noise.

Form: ESA, Sentinel-1 Product Specification, S1-RS-MDA-52-7441, level 1 GRD, wide swath, one polarisation. Only what
readers of products use is there: times, orbit state vectors, spacing, the geolocation grid, calibration and noise
vectors. The mission is ``S1X``, which no satellite has.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from makara.exercise.radar.clutter import noise
from makara.exercise.radar.geometry import LIGHT_M_S, PRF_HZ, WAVELENGTH_M, Floats, View
from makara.exercise.radar.render import amplitude

MISSION: Final = "S1X"
_GRID: Final = (10, 20)
"""Parts of the geolocation grid, lines and pixels."""
_VECTOR_S: Final = 1.0
"""Time between calibration vectors."""
_STEP: Final = 40
"""Pixels between the values of a calibration vector."""
_ORBIT_S: Final = 10.0
_XML: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SPACES: Final = (
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:xfdu="urn:ccsds:schema:xfdu:1" xmlns:safe="http://www.esa.int/safe/sentinel-1.0" '
    'xmlns:s1="http://www.esa.int/safe/sentinel-1.0/sentinel-1" '
    'xmlns:s1sarl1="http://www.esa.int/safe/sentinel-1.0/sentinel-1/sar/level-1"'
)


def safe_name(view: View, number: int) -> str:
    """Name of the directory of a scene; the number (from 0) tells scenes of one exercise apart."""
    first, last = (f"{t:%Y%m%dT%H%M%S}" for t in (view.start, view.end))
    code = hashlib.sha256(f"{view.lon:.5f},{view.lat:.5f},{number}".encode()).hexdigest()[:4].upper()
    return f"{MISSION}_IW_GRDH_1SSV_{first}_{last}_000001_{number:06X}_{code}.SAFE"


def names(view: View, number: int) -> dict[str, str]:
    """Paths inside the directory of what it holds: ``annotation``, ``calibration``, ``noise``, ``measurement``."""
    first, last = (f"{t:%Y%m%dT%H%M%S}".lower() for t in (view.start, view.end))
    stem = f"{MISSION.lower()}-iw-grd-vv-{first}-{last}-000001-{number:06x}-001"
    return {
        "annotation": f"annotation/{stem}.xml",
        "calibration": f"annotation/calibration/calibration-{stem}.xml",
        "noise": f"annotation/calibration/noise-{stem}.xml",
        "measurement": f"measurement/{stem}.tiff",
    }


def metadata(view: View, number: int) -> dict[str, bytes]:
    """The annotation, calibration and noise files of a scene, by path inside its directory."""
    path = names(view, number)
    return {
        path["annotation"]: _annotation(view, number).encode(),
        path["calibration"]: _calibration(view, number).encode(),
        path["noise"]: _noise(view, number).encode(),
    }


def ground_points(view: View) -> tuple[Floats, Floats, Floats, Floats]:
    """Lines, pixels, longitudes and latitudes of the geolocation grid, by row and column of the grid."""
    line, pixel = (
        np.unique(np.linspace(0, n - 1, parts + 1).round()) for n, parts in zip(view.shape, _GRID, strict=True)
    )
    y, x = np.meshgrid(line, pixel, indexing="ij")
    return y, x, *view.place(y, x)


def manifest(view: View, files: Mapping[str, bytes]) -> bytes:
    """``manifest.safe`` of a scene, with sizes and checksums of its files by path."""
    units, objects = [], []
    for path, content in sorted(files.items()):
        key = path.rpartition("/")[2].partition(".")[0].replace("-", "")
        if path.startswith("measurement/"):
            schema, kind, mime = "s1Level1MeasurementSchema", "Measurement Data Unit", "application/octet-stream"
        else:
            part = next((k for k in ("calibration", "noise") if f"/{k}-" in path), "product")
            schema, kind, mime = f"s1Level1{part.capitalize()}Schema", "Metadata Unit", "text/xml"
            key = key if part != "product" else f"product{key}"
        units.append(f'<xfdu:contentUnit unitType="{kind}" repID="{schema}"><dataObjectPointer dataObjectID="{key}"/>'
                     "</xfdu:contentUnit>")  # fmt: skip
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        objects.append(f'<dataObject ID="{key}" repID="{schema}"><byteStream mimeType="{mime}" size="{len(content)}">'
                       f'<fileLocation locatorType="URL" href="./{path}"/>'
                       f'<checksum checksumName="MD5">{md5}</checksum></byteStream></dataObject>')  # fmt: skip
    rows, columns = view.shape
    corner = view.place([rows - 1, rows - 1, 0, 0], [0, columns - 1, columns - 1, 0])
    ring = " ".join(f"{y:.6f},{x:.6f}" for x, y in zip(*corner, strict=True))
    about = {
        "platform": f"<safe:platform><safe:familyName>SIMULATED SENTINEL-1</safe:familyName><safe:number>{MISSION[2]}"
        '</safe:number><safe:instrument><safe:familyName abbreviation="SAR">Synthetic Aperture Radar</safe:familyName>'
        "<safe:extension><s1sarl1:instrumentMode><s1sarl1:mode>IW</s1sarl1:mode></s1sarl1:instrumentMode>"
        "</safe:extension></safe:instrument></safe:platform>",
        "measurementOrbitReference": '<safe:orbitReference><safe:orbitNumber type="start">1</safe:orbitNumber>'
        f"<safe:extension><s1:orbitProperties><s1:pass>{_pass(view).upper()}</s1:pass></s1:orbitProperties>"
        "</safe:extension></safe:orbitReference>",
        "generalProductInformation": "<s1sarl1:standAloneProductInformation>"
        "<s1sarl1:transmitterReceiverPolarisation>VV</s1sarl1:transmitterReceiverPolarisation>"
        "<s1sarl1:productClass>S</s1sarl1:productClass><s1sarl1:productType>GRD</s1sarl1:productType>"
        "</s1sarl1:standAloneProductInformation>",
        "acquisitionPeriod": f"<safe:acquisitionPeriod><safe:startTime>{_time(view.start)}</safe:startTime>"
        f"<safe:stopTime>{_time(view.end)}</safe:stopTime></safe:acquisitionPeriod>",
        "measurementFrameSet": "<safe:frameSet><safe:frame>"
        '<safe:footPrint srsName="http://www.opengis.net/gml/srs/epsg.xml#4326">'
        f"<gml:coordinates>{ring}</gml:coordinates></safe:footPrint></safe:frame></safe:frameSet>",
    }
    wrapped = "".join(
        f'<metadataObject ID="{k}" classification="DESCRIPTION" category="DMD">'
        f'<metadataWrap mimeType="text/xml" vocabularyName="SAFE"><xmlData>{v}</xmlData></metadataWrap>'
        "</metadataObject>"
        for k, v in about.items()
    )
    return (
        f'{_XML}<xfdu:XFDU {_SPACES} version="esa/safe/sentinel-1.0/sentinel-1/sar/level-1/grd/standard/iwdp">'
        '<informationPackageMap><xfdu:contentUnit unitType="SAFE Archive Information Package" '
        f'textInfo="Sentinel-1 IW Level-1 GRD Product">{"".join(units)}</xfdu:contentUnit></informationPackageMap>'
        f"<metadataSection>{wrapped}</metadataSection><dataObjectSection>{''.join(objects)}</dataObjectSection>"
        "</xfdu:XFDU>\n"
    ).encode()


def _time(t: datetime) -> str:
    return f"{t:%Y-%m-%dT%H:%M:%S.%f}"


def _pass(view: View) -> str:
    return "Ascending" if np.cos(np.radians(view.heading_deg)) > 0.0 else "Descending"


def _at(view: View, line: float) -> str:
    return _time(view.start + timedelta(seconds=view.line_s * line))


def _numbers(values: Iterable[float]) -> str:
    return " ".join(f"{v:.6e}" for v in values)


def _header(view: View, number: int) -> str:
    return (
        f"<adsHeader><missionId>{MISSION}</missionId><productType>GRD</productType><polarisation>VV</polarisation>"
        f"<mode>IW</mode><swath>IW</swath><startTime>{_time(view.start)}</startTime>"
        f"<stopTime>{_time(view.end)}</stopTime><absoluteOrbitNumber>1</absoluteOrbitNumber>"
        f"<missionDataTakeId>{number}</missionDataTakeId><imageNumber>001</imageNumber></adsHeader>\n"
    )


def _annotation(view: View, number: int) -> str:
    rows, columns = view.shape
    middle = float(view.ranges((columns - 1) / 2.0)[1])
    heading = (view.heading_deg + 180.0) % 360.0 - 180.0
    near = 2.0 * float(view.ranges(0.0)[0]) / LIGHT_M_S
    return (
        f"{_XML}<product>{_header(view, number)}<generalAnnotation><productInformation><pass>{_pass(view)}</pass>"
        f"<platformHeading>{heading:.15e}</platformHeading><projection>Ground Range</projection>"
        f"<radarFrequency>{LIGHT_M_S / WAVELENGTH_M:.15e}</radarFrequency></productInformation>\n"
        '<downlinkInformationList count="1"><downlinkInformation><swath>IW1</swath>'
        f"<azimuthTime>{_time(view.start)}</azimuthTime><prf>{PRF_HZ:.15e}</prf></downlinkInformation>"
        f"</downlinkInformationList>\n{_orbit(view)}</generalAnnotation>\n<imageAnnotation><imageInformation>"
        f"<productFirstLineUtcTime>{_time(view.start)}</productFirstLineUtcTime>"
        f"<productLastLineUtcTime>{_time(view.end)}</productLastLineUtcTime>"
        f"<slantRangeTime>{near:.15e}</slantRangeTime><pixelValue>Detected</pixelValue>"
        "<outputPixels>16 bit Unsigned Integer</outputPixels>"
        f"<rangePixelSpacing>{view.spacing_m:.6e}</rangePixelSpacing>"
        f"<azimuthPixelSpacing>{view.spacing_m:.6e}</azimuthPixelSpacing>"
        f"<azimuthTimeInterval>{view.line_s:.15e}</azimuthTimeInterval><numberOfSamples>{columns}</numberOfSamples>"
        f"<numberOfLines>{rows}</numberOfLines><incidenceAngleMidSwath>{middle:.15e}</incidenceAngleMidSwath>"
        "</imageInformation>\n<processingInformation>"
        "<thermalNoiseCorrectionPerformed>false</thermalNoiseCorrectionPerformed></processingInformation>"
        f"</imageAnnotation>\n{_geolocation(view)}</product>\n"
    )


def _orbit(view: View) -> str:
    last = view.line_s * (view.shape[0] - 1)
    t = np.arange(-6.0 * _ORBIT_S, last + 6.0 * _ORBIT_S, _ORBIT_S)
    rows = []
    for when, at, way in zip(t, *view.orbit(t), strict=True):
        place, speed = (
            "".join(f"<{c}>{v:.15e}</{c}>" for c, v in zip("xyz", vector, strict=True)) for vector in (at, way)
        )
        rows.append(
            f"<orbit><time>{_time(view.start + timedelta(seconds=float(when)))}</time><frame>Earth Fixed</frame>"
            f"<position>{place}</position><velocity>{speed}</velocity></orbit>\n"
        )
    return f'<orbitList count="{len(rows)}">{"".join(rows)}</orbitList>'


def _geolocation(view: View) -> str:
    y, x, lon, lat = (v.ravel() for v in ground_points(view))
    slant, incidence = view.ranges(x)
    rows = [
        f"<geolocationGridPoint><azimuthTime>{_at(view, y[k])}</azimuthTime>"
        f"<slantRangeTime>{2.0 * slant[k] / LIGHT_M_S:.15e}</slantRangeTime><line>{y[k]:.0f}</line>"
        f"<pixel>{x[k]:.0f}</pixel><latitude>{lat[k]:.15e}</latitude><longitude>{lon[k]:.15e}</longitude>"
        f"<height>0.0</height><incidenceAngle>{incidence[k]:.15e}</incidenceAngle></geolocationGridPoint>\n"
        for k in range(len(y))
    ]
    return (
        f'<geolocationGrid><geolocationGridPointList count="{len(rows)}">{"".join(rows)}</geolocationGridPointList>'
        "</geolocationGrid>"
    )


def _vectors(view: View) -> tuple[Floats, Floats]:
    """Lines of the calibration vectors, and their pixels."""
    rows, columns = view.shape
    lines = np.append(np.arange(0, rows - 1, round(_VECTOR_S / view.line_s)), rows - 1).astype(np.float64)
    return lines, np.append(np.arange(0, columns - 1, _STEP), columns - 1).astype(np.float64)


def _calibration(view: View, number: int) -> str:
    lines, pixels = _vectors(view)
    count, at = len(pixels), " ".join(f"{p:.0f}" for p in pixels)
    sigma, incidence = amplitude(view, pixels), np.radians(view.ranges(pixels)[1])
    beta = sigma * np.sqrt(np.sin(incidence))
    values = {"sigmaNought": sigma, "betaNought": beta, "gamma": sigma * np.sqrt(np.cos(incidence)), "dn": beta}
    told = "".join(f'<{k} count="{count}">{_numbers(v)}</{k}>' for k, v in values.items())
    rows = "".join(
        f"<calibrationVector><azimuthTime>{_at(view, y)}</azimuthTime><line>{y:.0f}</line>"
        f'<pixel count="{count}">{at}</pixel>{told}</calibrationVector>\n'
        for y in lines
    )
    return (
        f"{_XML}<calibration>{_header(view, number)}<calibrationInformation><absoluteCalibrationConstant>1.000000e+00"
        f'</absoluteCalibrationConstant></calibrationInformation><calibrationVectorList count="{len(lines)}">{rows}'
        "</calibrationVectorList></calibration>\n"
    )


def _noise(view: View, number: int) -> str:
    lines, pixels = _vectors(view)
    count, at = len(pixels), " ".join(f"{p:.0f}" for p in pixels)
    table = _numbers(noise(view, pixels) * amplitude(view, pixels) ** 2)
    rows = "".join(
        f"<noiseRangeVector><azimuthTime>{_at(view, y)}</azimuthTime><line>{y:.0f}</line>"
        f'<pixel count="{count}">{at}</pixel><noiseRangeLut count="{count}">{table}</noiseRangeLut>'
        "</noiseRangeVector>\n"
        for y in lines
    )
    down = np.append(np.arange(0, view.shape[0] - 1, 10), view.shape[0] - 1)
    return (
        f'{_XML}<noise>{_header(view, number)}<noiseRangeVectorList count="{len(lines)}">{rows}</noiseRangeVectorList>'
        '<noiseAzimuthVectorList count="1"><noiseAzimuthVector><swath>IW</swath><firstAzimuthLine>0</firstAzimuthLine>'
        f"<firstRangeSample>0</firstRangeSample><lastAzimuthLine>{view.shape[0] - 1}</lastAzimuthLine>"
        f"<lastRangeSample>{view.shape[1] - 1}</lastRangeSample>"
        f'<line count="{len(down)}">{" ".join(map(str, down))}</line>'
        f'<noiseAzimuthLut count="{len(down)}">{_numbers(np.ones(len(down)))}</noiseAzimuthLut>'
        "</noiseAzimuthVector></noiseAzimuthVectorList></noise>\n"
    )
