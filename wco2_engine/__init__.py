"""Winter CO2 emission maps of permafrost regions from measured fluxes and rasters."""

__version__ = "0.1.0"
