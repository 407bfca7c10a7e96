"""Filing a sighting: the one thing that the page writes. Who may is for :mod:`makara.web.guard` to say."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

router = APIRouter(tags=["sightings"])

Text = Annotated[str, Field(max_length=500)]
Angle = Annotated[str, Field(max_length=40, description="Degrees, or degrees and minutes as in `17 30.5 S`.")]


class Sighting(BaseModel):
    """What someone saw. Unknown is left out."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, allow_inf_nan=False)

    time: Annotated[AwareDatetime, Field(description="When it was seen (ISO 8601 with Z).")]
    lat: Angle
    lon: Angle
    length_m: Annotated[float | None, Field(gt=0, le=500, description="Estimated length, metres.")] = None
    speed_kn: Annotated[float | None, Field(ge=0, lt=100, description="Estimated speed, knots.")] = None
    course_deg: Annotated[float | None, Field(ge=0, lt=360, description="Estimated course, degrees true.")] = None
    radius_nmi: Annotated[
        float | None, Field(gt=0, le=100, description="The place is right within so much in 95 of 100 cases, nmi.")
    ] = None
    platform: Annotated[Text | None, Field(description="Who or what saw it. Kept with the record alone.")] = None
    remarks: Annotated[Text | None, Field(description="What else was seen. Kept with the record alone.")] = None


class Filed(BaseModel):
    """What was filed."""

    detection: str = Field(description="The detection's id.")
    new: bool = Field(description="False: the very same sighting was there already.")
    t_seen: datetime = Field(description="When it was seen.")
    lon_deg: float = Field(description="Longitude, WGS 84 degrees in [-180, 180).")
    lat_deg: float = Field(description="Latitude, WGS 84 degrees.")


@router.post(
    "/sightings",
    summary="File a sighting: a contact seen by a patrol or a lookout",
    status_code=201,
    response_model=Filed,
)
def file(request: Request, sighting: Sighting) -> Any:
    """It becomes a detection of sensor `patrol`, matched with AIS when the picture is next brought up to date.

    Only the owner may, from this node's own page in a browser on the node's own machine.
    """
    return request.app.state.session.sight(sighting.model_dump(mode="json", exclude_none=True))
