"""Radio emitters located from space: error ellipses on one footing, and emissions of one emitter tied together."""

from makara.sensors.rf.clusters import clusters, fuse
from makara.sensors.rf.ellipse import scale_to_95

__all__ = ["clusters", "fuse", "scale_to_95"]
