"""Small optical products of each provider's form, whole and valid, written for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio import Affine

S2_NAME = "S2B_MSIL{level}_20240301T222529_N0510_R029_T60KWF_20240301T232021"
S2_TIME = "2024-03-01T22:25:33.456Z"
PLANET_ID = "20240301_222533_12_24a1"
FILES = {"blue": "B02", "green": "B03", "red": "B04", "nir": "B08", "swir": "B11"}


def raster(
    path: Path,
    values: NDArray[Any],
    *,
    crs: str,
    corner: tuple[float, float],
    pixel: float,
    driver: str = "GTiff",
    **more: Any,
) -> None:
    """A raster of bands x lines x pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lossless = {"QUALITY": "100", "REVERSIBLE": "YES"} if driver == "JP2OpenJPEG" else {}
    place = Affine(pixel, 0.0, corner[0], 0.0, -pixel, corner[1])
    with rasterio.open(
        path, "w", driver=driver, width=values.shape[2], height=values.shape[1], count=values.shape[0],
        dtype=values.dtype, crs=crs, transform=place, **lossless, **more,
    ) as out:  # fmt: skip
        out.write(values)


def coarser(values: NDArray[Any], by: int) -> NDArray[Any]:
    """Every ``by``-th line and pixel: what a coarser band would hold of a smooth image."""
    return values[::by, ::by]


def sentinel2(
    root: Path,
    numbers: Mapping[str, NDArray[np.uint16]],
    *,
    level: str = "2A",
    offset: int | None = -1000,
    scl: NDArray[np.uint8] | None = None,
    opaque: NDArray[np.uint8] | None = None,
    crs: str = "EPSG:32760",
    corner: tuple[float, float] = (500_000.0, 8_100_000.0),
) -> Path:
    """A Sentinel-2-like SAFE.

    Args:
        root: the directory it is written in.
        numbers: by band name what its file holds, each on the grid of 10 m (short-wave infrared is thinned to 20 m).
        level: ``1C`` or ``2A``.
        offset: of reflectance, as from baseline 04.00; None: none is stated.
        scl: scene classification on the grid of 10 m (thinned to 20 m), for 2A.
        opaque: opaque cloud on a grid of 60 m, for 1C.
        crs, corner: of the image.
    """
    top = root / (S2_NAME.format(level=level) + ".SAFE")
    g = top / "GRANULE" / f"L{level}_T60KWF_A036500_20240301T222529"
    stem = "T60KWF_20240301T222529"
    place = {"crs": crs, "corner": corner, "driver": "JP2OpenJPEG"}
    for band, values in numbers.items():
        code = FILES[band]
        metres = 20 if band == "swir" else 10
        data = coarser(values, metres // 10)[None]
        sub = f"R{metres}m/{stem}_{code}_{metres}m.jp2" if level == "2A" else f"{stem}_{code}.jp2"
        raster(g / "IMG_DATA" / sub, data, pixel=float(metres), **place)  # type: ignore[arg-type]
    if scl is not None:
        raster(g / "IMG_DATA" / "R20m" / f"{stem}_SCL_20m.jp2", coarser(scl, 2)[None], pixel=20.0, **place)  # type: ignore[arg-type]
    if opaque is not None:
        layers = np.stack([opaque, np.zeros_like(opaque), np.zeros_like(opaque)])
        raster(g / "QI_DATA" / "MSK_CLASSI_B00.jp2", layers, pixel=60.0, **place)  # type: ignore[arg-type]
    (g / "MTD_TL.xml").write_text(
        f'<?xml version="1.0"?><n1:Level-{level}_Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/t.xsd">'
        f'<n1:General_Info><SENSING_TIME metadataLevel="Standard">{S2_TIME}</SENSING_TIME></n1:General_Info>'
        f"</n1:Level-{level}_Tile_ID>"
    )
    kind = "BOA" if level == "2A" else "RADIO"
    quantum = (
        '<QUANTIFICATION_VALUES_LIST><BOA_QUANTIFICATION_VALUE unit="none">10000</BOA_QUANTIFICATION_VALUE>'
        "</QUANTIFICATION_VALUES_LIST>"
        if level == "2A"
        else '<QUANTIFICATION_VALUE unit="none">10000</QUANTIFICATION_VALUE>'
    )
    offsets = "".join(f'<{kind}_ADD_OFFSET band_id="{k}">{offset}</{kind}_ADD_OFFSET>' for k in range(13))
    (top / f"MTD_MSIL{level}.xml").write_text(
        f'<?xml version="1.0"?><n1:Level-{level}_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/u.xsd">'
        "<n1:General_Info><Product_Info><PRODUCT_START_TIME>2024-03-01T22:25:29.024Z</PRODUCT_START_TIME>"
        "<PROCESSING_BASELINE>05.10</PROCESSING_BASELINE><Datatake><SPACECRAFT_NAME>Sentinel-2B</SPACECRAFT_NAME>"
        "<DATATAKE_SENSING_START>2024-03-01T22:25:29.024Z</DATATAKE_SENSING_START></Datatake></Product_Info>"
        f"<Product_Image_Characteristics>{quantum}{offsets if offset is not None else ''}"
        "</Product_Image_Characteristics></n1:General_Info><n1:Quality_Indicators_Info>"
        "<Cloud_Coverage_Assessment>12.5</Cloud_Coverage_Assessment></n1:Quality_Indicators_Info>"
        f"</n1:Level-{level}_User_Product>"
    )
    return top


def planet(
    root: Path,
    numbers: Mapping[str, NDArray[np.uint16]],
    *,
    surface: bool = False,
    bands: int = 4,
    cloud: NDArray[np.uint8] | None = None,
    coefficients: Sequence[float] = (2e-5, 2e-5, 2e-5, 2e-5, 2e-5, 2e-5, 2e-5, 2e-5),
    pixel: float = 3.0,
) -> Path:
    """A PlanetScope-like order of one scene."""
    order = {"blue": 2, "green": 4, "red": 6, "nir": 8} if bands == 8 else {"blue": 1, "green": 2, "red": 3, "nir": 4}
    shape = numbers["green"].shape
    data = np.ones((bands, *shape), np.uint16)
    for band, k in order.items():
        data[k - 1] = numbers[band]
    place: dict[str, Any] = {"crs": "EPSG:32760", "corner": (500_000.0, 8_100_000.0), "pixel": pixel}
    kind = "AnalyticMS_SR" if surface else "AnalyticMS"
    end = "_8b" if bands == 8 else ""
    raster(root / f"{PLANET_ID}_3B_{kind}{end}.tif", data, nodata=0, **place)
    if cloud is not None:
        mask = np.zeros((8, *shape), np.uint8)
        mask[5] = cloud
        mask[0] = 1 - cloud
        raster(root / f"{PLANET_ID}_3B_udm2.tif", mask, **place)
    said = {"acquired": "2024-03-01T22:25:33.12Z", "cloud_cover": 0.25, "satellite_id": "24a1", "instrument": "PSB.SD"}
    told = {"id": PLANET_ID, "type": "Feature", "properties": said}
    (root / f"{PLANET_ID}_metadata.json").write_text(json.dumps(told))
    rows = "".join(
        f"<ps:bandSpecificMetadata><ps:bandNumber>{k}</ps:bandNumber><ps:radiometricScaleFactor>0.01"
        f"</ps:radiometricScaleFactor><ps:reflectanceCoefficient>{coefficients[k - 1]}</ps:reflectanceCoefficient>"
        "</ps:bandSpecificMetadata>"
        for k in range(1, bands + 1)
    )
    (root / f"{PLANET_ID}_3B_{kind}_metadata.xml").write_text(
        '<?xml version="1.0"?><ps:EarthObservation xmlns:ps="http://schemas.planet.com/ps/v1/planet_product_metadata"'
        f' xmlns:gml="http://www.opengis.net/gml"><gml:resultOf>{rows}</gml:resultOf></ps:EarthObservation>'
    )
    return root


IMD = """version = "28.3";
generationTime = 2024-03-02T01:00:00.000000Z;
bandId = "Multi";
BEGIN_GROUP = BAND_B
\tULLon =  177.50000000;
\tabsCalFactor = {factor:.6e};
\teffectiveBandwidth = 6.000000e-02;
END_GROUP = BAND_B
BEGIN_GROUP = BAND_G
\tabsCalFactor = {factor:.6e};
\teffectiveBandwidth = 6.000000e-02;
END_GROUP = BAND_G
BEGIN_GROUP = BAND_R
\tabsCalFactor = {factor:.6e};
\teffectiveBandwidth = 6.000000e-02;
END_GROUP = BAND_R
BEGIN_GROUP = BAND_N
\tabsCalFactor = {factor:.6e};
\teffectiveBandwidth = 6.000000e-02;
END_GROUP = BAND_N
BEGIN_GROUP = IMAGE_1
\tsatId = "WV02";
\tfirstLineTime = 2024-03-01T22:25:33.123456Z;
\tmeanSunEl = 45.0;
\tcloudCover = 0.012;
END_GROUP = IMAGE_1
END;
"""


def maxar(root: Path, numbers: Mapping[str, NDArray[np.uint16]], *, factor: float = 0.01, pixel: float = 2.0) -> Path:
    """A WorldView-2-like multispectral image with its IMD."""
    data = np.stack([numbers[b] for b in ("blue", "green", "red", "nir")])
    stem = "24MAR01222533-M2AS-012345678010_01_P001"
    raster(root / f"{stem}.TIF", data, crs="EPSG:32760", corner=(500_000.0, 8_100_000.0), pixel=pixel)
    (root / f"{stem}.IMD").write_text(IMD.format(factor=factor))
    return root / f"{stem}.TIF"


def stac_image(root: Path, numbers: Mapping[str, NDArray[np.uint16]], *, scale: float | None = 1e-4) -> Path:
    """An image of another provider with a STAC item that names its bands, near infrared first."""
    order = ("nir", "red", "green", "blue")
    raster(root / "image.tif", np.stack([numbers[b] for b in order]), crs="EPSG:32760",
           corner=(500_000.0, 8_100_000.0), pixel=2.0)  # fmt: skip
    scales = {"raster:bands": [{"scale": scale, "offset": -0.01} for _ in order]} if scale else {}
    item = {
        "type": "Feature", "stac_version": "1.0.0", "id": "image", "geometry": None,
        "properties": {"datetime": "2024-03-01T22:25:33Z", "platform": "bird-1", "license": "CC-BY-NC-4.0",
                       "eo:cloud_cover": 8, "providers": [{"name": "Bird", "roles": ["producer"]}]},
        "assets": {"ms": {"href": "./image.tif", "eo:bands": [{"common_name": b} for b in order], **scales}},
    }  # fmt: skip
    (root / "image.json").write_text(json.dumps(item))
    return root / "image.tif"
