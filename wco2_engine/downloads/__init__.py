"""Files as people download them: monthly planes from netCDF, GRIB, Zarr, HDF4, HDF5 and GeoTIFF."""
