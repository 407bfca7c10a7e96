"""Small radar products of each provider's form, whole and valid, written for tests."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.control import GroundControlPoint

from makara.base import geo

LIGHT = 299_792_458.0
START = "2024-03-01T06:00:00.000000"
STOP = "2024-03-01T06:00:00.597000"


def sea(shape: tuple[int, int], seed: int = 3) -> NDArray[np.uint16]:
    """Amplitudes of a calm sea, no pixel zero."""
    power = np.random.default_rng(seed).gamma(4.4, 1 / 4.4, shape)
    return (1.0 + 60.0 * np.sqrt(power)).astype(np.uint16)


@dataclass(frozen=True)
class Safe:
    """A Sentinel-1-like product.

    Attributes:
        shape: lines and pixels.
        lon, lat: of the first line's first pixel.
        heading: of the platform; the radar looks right.
        spacing: metres.
        pols: polarisations.
        noise: ``swaths`` (range and azimuth vectors), ``old`` (one vector), ``none`` (no file) or ``done`` (removed).
        height: of the ground under the nodes, metres: the annotation places them as the provider does.
        values: amplitudes.
    """

    shape: tuple[int, int] = (400, 500)
    lon: float = 135.0
    lat: float = 7.0
    heading: float = 348.0
    spacing: float = 10.0
    pols: tuple[str, ...] = ("vv", "vh")
    noise: str = "swaths"
    height: float = 0.0
    values: NDArray[Any] | None = None

    def place(self, line: Any, pixel: Any) -> tuple[Any, Any]:
        """Where the sea lies that a pixel shows."""
        x, y = geo.destination(self.lon, self.lat, self.heading, np.asarray(line) * self.spacing)
        return geo.destination(x, y, self.heading + 90.0, np.asarray(pixel) * self.spacing)

    def stem(self, pol: str) -> str:
        return f"s1a-iw-grd-{pol}-20240301t060000-20240301t060001-052800-066400-001"

    def write(self, folder: Path, **changes: Any) -> Path:
        """Write it; ``changes`` are bytes by path inside (None: leave it out)."""
        root = folder / "S1A_IW_GRDH_1SDV_20240301T060000_20240301T060001_052800_066400_ABCD.SAFE"
        (root / "annotation" / "calibration").mkdir(parents=True)
        (root / "measurement").mkdir()
        for pol in self.pols:
            stem = self.stem(pol)
            (root / "annotation" / f"{stem}.xml").write_text(self.annotation(pol))
            (root / "annotation" / "calibration" / f"calibration-{stem}.xml").write_text(self.calibration())
            if self.noise != "none":
                (root / "annotation" / "calibration" / f"noise-{stem}.xml").write_text(self.noise_xml())
            values = sea(self.shape) if self.values is None else self.values
            write_tif(root / "measurement" / f"{stem}.tiff", values, gcps=self.gcps())
        write_manifest(root)
        return root

    def gcps(self) -> list[GroundControlPoint]:
        lon, lat = self.place(0.0, 0.0)
        return [GroundControlPoint(0, 0, float(lon), float(lat), 0)] * 4

    def lut(self, line: Any, pixel: Any) -> Any:
        """sigmaNought."""
        return 300.0 + 0.1 * np.asarray(pixel) + 0.002 * np.asarray(line)

    def range_noise(self, pixel: Any) -> Any:
        return 400.0 + 0.2 * np.asarray(pixel)

    def azimuth_noise(self, swath: int, line: Any) -> Any:
        return (1.0, 1.5)[swath] + 0.001 * np.asarray(line)

    def incidence(self, pixel: Any) -> Any:
        return 31.0 + 0.002 * np.asarray(pixel)

    def nodes(self) -> tuple[NDArray[Any], NDArray[Any]]:
        return np.linspace(0, self.shape[0] - 1, 5).round(), np.linspace(0, self.shape[1] - 1, 6).round()

    def annotation(self, pol: str) -> str:
        points = []
        for y in self.nodes()[0]:
            for x in self.nodes()[1]:
                lon, lat = self.place(y, x)
                inc = float(self.incidence(x))
                away = self.height / math.tan(math.radians(inc))
                lon, lat = geo.destination(lon, lat, self.heading + 90.0, away)
                points.append(
                    f"<geolocationGridPoint><azimuthTime>{START}</azimuthTime>"
                    f"<slantRangeTime>{2 * (8e5 + 5 * x) / LIGHT:.15e}</slantRangeTime><line>{y:.0f}</line>"
                    f"<pixel>{x:.0f}</pixel><latitude>{float(lat):.12f}</latitude>"
                    f"<longitude>{float(lon):.12f}</longitude><height>{self.height}</height>"
                    f"<incidenceAngle>{inc:.12f}</incidenceAngle><elevationAngle>28</elevationAngle>"
                    "</geolocationGridPoint>"
                )
        done = str(self.noise == "done").lower()
        return f"""<?xml version="1.0" encoding="UTF-8"?>
<product><adsHeader><missionId>S1A</missionId><productType>GRD</productType><polarisation>{pol.upper()}</polarisation>
<mode>IW</mode><swath>IW</swath><startTime>{START}</startTime><stopTime>{STOP}</stopTime>
<absoluteOrbitNumber>52800</absoluteOrbitNumber></adsHeader>
<generalAnnotation><productInformation><pass>Ascending</pass><platformHeading>{self.heading - 360}</platformHeading>
<radarFrequency>5.405e+09</radarFrequency></productInformation>
<downlinkInformationList><downlinkInformation><swath>IW1</swath><prf>1717.1</prf></downlinkInformation>
<downlinkInformation><swath>IW2</swath><prf>1451.6</prf></downlinkInformation></downlinkInformationList>
<orbitList><orbit><time>2024-03-01T06:00:00.000000</time><velocity><x>1000.0</x><y>2000.0</y><z>7200.0</z></velocity>
</orbit><orbit><time>2024-03-01T06:00:10.000000</time><velocity><x>1000.0</x><y>2000.0</y><z>7100.0</z></velocity></orbit>
</orbitList></generalAnnotation>
<imageAnnotation><imageInformation><productFirstLineUtcTime>{START}</productFirstLineUtcTime>
<productLastLineUtcTime>{STOP}</productLastLineUtcTime><rangePixelSpacing>{self.spacing}</rangePixelSpacing>
<azimuthPixelSpacing>{self.spacing}</azimuthPixelSpacing><azimuthTimeInterval>1.496e-03</azimuthTimeInterval>
<numberOfSamples>{self.shape[1]}</numberOfSamples><numberOfLines>{self.shape[0]}</numberOfLines></imageInformation>
<processingInformation><thermalNoiseCorrectionPerformed>{done}</thermalNoiseCorrectionPerformed></processingInformation>
</imageAnnotation>
<geolocationGrid><geolocationGridPointList>{"".join(points)}</geolocationGridPointList></geolocationGrid>
<swathMerging><swathMergeList><swathMerge><swath>IW1</swath><swathBoundsList><swathBounds>
<firstAzimuthLine>0</firstAzimuthLine><firstRangeSample>0</firstRangeSample>
<lastAzimuthLine>{self.shape[0] - 1}</lastAzimuthLine>
<lastRangeSample>249</lastRangeSample></swathBounds></swathBoundsList></swathMerge></swathMergeList></swathMerging>
</product>"""

    def calibration(self) -> str:
        x = np.unique(np.r_[np.arange(0, self.shape[1], 40), self.shape[1] - 1])
        rows = "".join(
            f"<calibrationVector><azimuthTime>{START}</azimuthTime><line>{y}</line><pixel>{_text(x)}</pixel>"
            f"<sigmaNought>{_text(self.lut(y, x))}</sigmaNought><betaNought>{_text(x * 0 + 237.0)}</betaNought>"
            "</calibrationVector>"
            for y in (0, self.shape[0] // 2, self.shape[0] + 50)
        )
        return f"<calibration><calibrationVectorList>{rows}</calibrationVectorList></calibration>"

    def noise_xml(self) -> str:
        x = np.unique(np.r_[np.arange(0, self.shape[1], 40), self.shape[1] - 1])
        word, item = ("noise", "noiseLut") if self.noise == "old" else ("noiseRange", "noiseRangeLut")
        rows = "".join(
            f"<{word}Vector><azimuthTime>{START}</azimuthTime><line>{y}</line><pixel>{_text(x)}</pixel>"
            f"<{item}>{_text(self.range_noise(x))}</{item}></{word}Vector>"
            for y in (0, self.shape[0] - 1)
        )
        if self.noise == "old":
            return f"<noise><noiseVectorList>{rows}</noiseVectorList></noise>"
        y = np.arange(0, self.shape[0], 10)
        blocks = "".join(
            f"<noiseAzimuthVector><swath>IW{k + 1}</swath><firstAzimuthLine>0</firstAzimuthLine><firstRangeSample>{a}"
            f"</firstRangeSample><lastAzimuthLine>{self.shape[0] - 1}</lastAzimuthLine>"
            f"<lastRangeSample>{b}</lastRangeSample><line>{_text(y)}</line>"
            f"<noiseAzimuthLut>{_text(self.azimuth_noise(k, y))}</noiseAzimuthLut></noiseAzimuthVector>"
            for k, (a, b) in enumerate(((0, 249), (250, self.shape[1] - 1)))
        )
        return (
            f"<noise><noiseRangeVectorList>{rows}</noiseRangeVectorList>"
            f"<noiseAzimuthVectorList>{blocks}</noiseAzimuthVectorList></noise>"
        )


def _text(values: Any) -> str:
    return " ".join(f"{v:.9g}" for v in np.asarray(values, np.float64))


def write_manifest(root: Path) -> None:
    """The manifest of a SAFE, with the sizes of its files as they are."""
    files = sorted(p for p in root.rglob("*") if p.is_file() and p.name != "manifest.safe")
    objects = "".join(
        f'<dataObject ID="d{i}"><byteStream mimeType="text/xml" size="{p.stat().st_size}">'
        f'<fileLocation locatorType="URL" href="./{p.relative_to(root).as_posix()}"/></byteStream></dataObject>'
        for i, p in enumerate(files)
    )
    (root / "manifest.safe").write_text(
        '<?xml version="1.0"?><xfdu:XFDU xmlns:xfdu="urn:ccsds:schema:xfdu:1">'
        f"<dataObjectSection>{objects}</dataObjectSection></xfdu:XFDU>"
    )


def write_tif(
    path: Path,
    values: NDArray[Any],
    *,
    crs: str | None = "EPSG:32654",
    origin: tuple[float, float] = (400_000.0, 9_000_000.0),
    pixel: float = 10.0,
    tags: Mapping[str, Any] | None = None,
    gcps: list[GroundControlPoint] | None = None,
    scale: float | None = None,
    offset: float | None = None,
    units: str | None = None,
    names: tuple[str, ...] = (),
    **profile: Any,
) -> Path:
    """A GeoTIFF of one band (lines x pixels) or several."""
    bands = values if values.ndim == 3 else values[None]
    place: dict[str, Any] = {"crs": crs, "transform": rasterio.Affine(pixel, 0.0, origin[0], 0.0, -pixel, origin[1])}
    if gcps is not None:
        place = {"crs": "EPSG:4326", "gcps": gcps}
    elif crs is None:
        place = {}
    with rasterio.open(
        path, "w", driver="GTiff", count=len(bands), height=bands.shape[1], width=bands.shape[2], dtype=bands.dtype,
        **place, **profile,
    ) as out:  # fmt: skip
        out.write(bands)
        if tags:
            out.update_tags(**tags)
        if scale is not None:
            out.scales = (scale,) * len(bands)
        if offset is not None:
            out.offsets = (offset,) * len(bands)
        if units is not None:
            out.units = (units,) * len(bands)
        for i, name in enumerate(names, 1):
            out.set_band_description(i, name)
    return path


def stac(**properties: Any) -> dict[str, Any]:
    """A STAC item."""
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "item-1",
        "geometry": None,
        "properties": {"datetime": "2024-03-01T06:00:05Z", **properties},
        "assets": {},
        "links": [],
    }


def write_iceye(folder: Path, **changes: Any) -> Path:
    """An ICEYE GRD of the form since 2025: range runs down the lines, azimuth to the left along the pixels."""
    path = folder / "ICEYE_GBSG1X_20240301T060000Z_5045505_X42_SM_GRD.tif"
    shape = (300, 400)
    told = {
        "start_datetime": "2024-03-01T06:00:00.5Z", "end_datetime": "2024-03-01T06:00:10.25Z",
        "datetime": "2024-03-01T06:00:05Z", "platform": "ICEYE-X42", "constellation": "ICEYE",
        "sar:instrument_mode": "stripmap", "sar:polarizations": ["VV"], "sar:observation_direction": "right",
        "sar:looks_azimuth": 2, "sar:looks_range": 3, "sar:resolution_range": 3.0, "sar:resolution_azimuth": 2.5,
        "sar:center_frequency": 9_600_000_000, "sat:orbit_state": "descending", "view:azimuth": 100.0,
        "view:incidence_angle": 31.0, "iceye:calibration_factor": 2.5e-6, "iceye:acquisition_prf": 5000.0,
        "iceye:incidence_angle_near": 30.0, "iceye:incidence_angle_far": 32.0, "iceye:range_near": 690_000.0,
        "iceye:range_far": 694_000.0, "iceye:zero_doppler_start_datetime": "2024-03-01T06:00:04Z",
        "iceye:zero_doppler_end_datetime": "2024-03-01T06:00:05Z",
        "iceye:filename": "ICEYE_GBSG1X_20240301T060000Z_5045505_X42_SM_GRD.tif",
        "iceye:orbit_states": [
            {"time": "2024-03-01T06:00:04Z", "position": [6e6, 1e6, 1e6], "velocity": [0, 2e3, -7.3e3]}
        ],
        **changes,
    }  # fmt: skip
    gcps = []
    for y in (0, 150, 300):
        for x in (0, 200, 400):
            lon, lat = geo.destination(56.0, 26.0, 280.0, y * 2.5)
            lon, lat = geo.destination(lon, lat, 10.0, x * 2.5)
            gcps.append(GroundControlPoint(y, x, float(lon), float(lat), 0))
    told = {k: v for k, v in told.items() if v is not None}
    return write_tif(path, sea(shape), gcps=gcps, tags={"ICEYE_PROPERTIES": json.dumps(told)}, compress="lzw")


def write_iceye_old(folder: Path) -> Path:
    """An ICEYE GRD of the older form: XML beside the GeoTIFF."""
    path = folder / "ICEYE_GRD_SM_6403_20190211T131415.tif"
    write_tif(path, sea((200, 200)), crs="EPSG:32640", origin=(400_000.0, 2_900_000.0), pixel=2.5)
    fields = {
        "product_name": "ICEYE_GRD_SM_6403_20190211T131415", "satellite_name": "ICEYE-X2",
        "acquisition_mode": "stripmap", "acquisition_start_utc": "2019-02-11T13:14:15.123456",
        "acquisition_end_utc": "2019-02-11T13:14:25.5", "zerodoppler_start_utc": "2019-02-11T13:14:19",
        "zerodoppler_end_utc": "2019-02-11T13:14:20", "calibration_factor": "3.0e-6", "incidence_near": "24.0",
        "incidence_far": "26.0", "look_side": "left", "heading": "-170.5", "polarization": "VV", "range_looks": "2",
        "azimuth_looks": "1", "slant_range_to_first_pixel": "610000.5", "acquisition_prf": "4823.0",
        "carrier_frequency": "9.65e9", "orbit_direction": "DESCENDING",
    }  # fmt: skip
    body = "".join(f"<{k}>{v}</{k}>" for k, v in fields.items())
    vectors = (
        "<Orbit_State_Vectors><orbit><velX>0</velX><velY>2000</velY><velZ>-7300</velZ></orbit></Orbit_State_Vectors>"
    )
    path.with_suffix(".xml").write_text(f"<Auxiliary_Data>{body}{vectors}</Auxiliary_Data>")
    return path


def capella(**image: Any) -> dict[str, Any]:
    """Capella's metadata."""
    return {
        "product_type": "GEO",
        "license": "https://www.capellaspace.com/data-licensing/",
        "collect": {
            "platform": "capella-8", "mode": "stripmap", "collect_id": "c-1",
            "start_timestamp": "2024-03-01T06:00:00.123456789Z", "stop_timestamp": "2024-03-01T06:00:09.5Z",
            "radar": {
                "pointing": "left", "transmit_polarization": "H", "receive_polarization": "H",
                "center_frequency": 9.65e9, "time_varying_parameters": [{"prf": 6000.0}],
            },
            "state": {
                "direction": "ascending",
                "state_vectors": [{"position": [6.9e6, 0.0, 0.0], "velocity": [0.0, -1300.0, 7400.0]}],
            },
            "image": {
                "scale_factor": 3.4e-4, "radiometry": "sigma_nought", "calibration": "full", "enl": 9.0,
                "center_pixel": {"incidence_angle": 35.0}, "ground_range_resolution": 1.2, "azimuth_resolution": 1.0,
                "nesz_peak": -22.0, "nesz_polynomial": {"degree": 1, "coefficients": [-22.0, 0.0]},
                "reference_antenna_position": [6.9e6, 0.0, 0.0], "reference_target_position": [6.3e6, 4e5, 0.0],
                **image,
            },
        },
    }  # fmt: skip


def write_capella(folder: Path, *, tag: bool = True, **image: Any) -> Path:
    """A Capella GEO."""
    path = folder / "CAPELLA_C08_SM_GEO_HH_20240301060000_20240301060009.tif"
    told = json.dumps(capella(**image))
    tags = {"TIFFTAG_IMAGEDESCRIPTION": told} if tag else None
    write_tif(path, sea((256, 256)), crs="EPSG:32748", origin=(300_000.0, 9_300_000.0), pixel=0.6, tags=tags, nodata=0)
    if not tag:
        path.with_name(path.stem + "_extended.json").write_text(told)
    return path


def write_umbra(folder: Path) -> Path:
    """An Umbra GEC with its metadata."""
    path = folder / "2024-03-01-06-00-00_UMBRA-05_GEC.tif"
    values = (sea((256, 256)) // 2).astype(np.uint8)
    write_tif(path, values, crs="EPSG:4326", origin=(103.8, 1.25), pixel=4.5e-6, nodata=0, compress="deflate")
    told = {
        "version": "1.1.0", "vendor": "Umbra Space", "imagingMode": "SPOTLIGHT", "umbraSatelliteName": "UMBRA_05",
        "collects": [{
            "startAtUTC": "2024-03-01T06:00:00+00:00", "endAtUTC": "2024-03-01T06:00:03.250000+00:00",
            "polarizations": ["VV"], "angleAzimuthDegrees": 80.0, "angleIncidenceDegrees": 41.0,
            "angleSquintDegrees": 91.0, "observationDirection": "LEFT", "satelliteTrack": "DESCENDING",
            "slantRangeMeters": 720_000.0, "radarCenterFrequencyHz": 9.8e9,
            "maxGroundResolution": {"azimuthMeters": 0.5, "rangeMeters": 0.52},
        }],
    }  # fmt: skip
    path.with_name("2024-03-01-06-00-00_UMBRA-05_METADATA.json").write_text(json.dumps(told))
    return path
