<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh" sourcelanguage="en">
 <context>
  <name>wco2</name>
  <message>
   <source>Winter CO2</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Measured fluxes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Point layer, or table or CSV file with coordinates in columns; not needed beside a folder of FLUXNET files.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Format</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A published format; auto knows it by its columns, or takes the fields below.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What the fluxes are</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>reco, ecosystem respiration, or nee, net ecosystem exchange, for formats that have both; empty takes reco.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Or a folder of FLUXNET files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>FLUXNET, AmeriFlux or ICOS files with MM in their names; folders below count too.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Site table of FLUXNET files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>CSV with SITE_ID, LOCATION_LAT and LOCATION_LONG: the files don't say where they are.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Site field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Name of the measured site.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Flux field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The measured flux, in the unit given below; positive when CO2 leaves the ground.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Year field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Calendar year of the measurement; not needed beside a date.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Month field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Calendar month, 1 to 12; not needed beside a date or a day of the year.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Date field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Date as 2003-12-31, where there are no year and month.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Day of the year field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Day of the year, 1 to 366, where there is no month.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Longitude field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Degrees. Points need none: their geometry counts, in whatever CRS.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Latitude field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Degrees. Points need none.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Treatment field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What was done to the plot; only untreated ones are kept unless said otherwise.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Method field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>How it was measured; carried along.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Source field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Where the row comes from; carried along.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Gap-filled share field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Share of the month that was filled, 0 to 100 %.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Quality field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Share of the month that was measured or filled with confidence, 0 to 1.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unit of the flux field</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>E.g. g C m-2 day-1, umol CO2 m-2 s-1 or mg CO2 m-2 h-1; a rate becomes a month's flux by the real days of the month.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Treatments to keep</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>control, all, or names separated by semicolons.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Years to keep</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>E.g. 1990-1999; empty keeps all.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Smallest flux to keep</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>g C m-2 month-1; both or neither.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Largest flux to keep</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Gap-filled share to keep below</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>%; empty is 100, which leaves out only what holds no measurement at all.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Least quality to keep</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Share that was measured or filled with confidence, 0 to 1; empty is 0.5.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Chambers to keep</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>without_tower, as when empty, leaves a chamber out where a tower within 1 km has the same month.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Means of a season</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>They are of no month and left out; middle_month takes SRDB's winter mean as that of January.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rows with impossible values</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>error stops at the first; reject lists them; auto rejects in published formats only.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Merge rows of a site and month by</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>How fluxes of one site and month are merged.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Observations</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>GeoPackage of points (EPSG:4326), or CSV.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rejected rows</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Every row left out, with its reason.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rows read</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rows kept</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Months of sites</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rasters</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Layers, or files; all of one unit. Of a series choose two files or more.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Files of several variables</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>netCDF or HDF5 files that QGIS does not open as one layer; name the variable.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Variable in these files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>E.g. t2m.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Name of the predictor</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Letters, digits and _. Empty: from the file name; needed only for one predictor.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Group</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What the report sorts it under.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unit as stored</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>E.g. K, m, dg kg-1; 1 for none.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unit for the model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>E.g. degC; empty: as stored.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Varies</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>auto tells by dates in the file names, and by 12 bands a file.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Resampling</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>nearest for classes.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>CRS of files that state none</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Leave it empty for files that state theirs.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Catalogue to add to</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What is in it stays; paths in it are relative to its folder, so keep the new one there too.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Catalogue</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The catalogue.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Predictors in the catalogue</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Their names, separated by commas</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What 'Prepare observations' wrote.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Catalogue of predictors</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>TOML file that names each predictor, its rasters and their units. 'Build a catalogue' makes one.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Regions and winters</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>TOML file with [[region]] tables and the months of their winters; a study file will do. Empty: one region, the whole Earth, with a winter from October to April.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Look up at</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>cell: the centre of the map cell that holds the site, so that training and map see the same; point: the site itself.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cell size</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Of the map to come, in units of its CRS.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>CRS of the map to come</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The CRS that the cells lie in. Empty: degrees.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Training table</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Observations not sampled</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Every observation left out, with its reason.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Months of sites read</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Months of sites kept</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What 'Sample predictors' wrote.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Method</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>forward: starts with the best pair and adds; elimination: starts with all and drops.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A step counts if it is better</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>clear: by more than chance among sites; any: by however little.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trees</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Of each forest that is compared; few rank as many do.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Forests that a region may take</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The selection ends before a round that would take more; the page says so.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Seed</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The same seed and libraries choose the same.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Title</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Of the page.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Threads</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>0 for all processors. Results do not depend on it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Selection</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The page; tables, figures and the catalogue of the chosen lie beside it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Catalogue of the chosen predictors</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Chosen predictors</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>More are steadier and slower; 100 are enough to try.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Validation</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>random: rows held out at random, which flatters; site: all rows of a site together; blocks: all sites of a square together; knndm: sites as far from the training as the map's cells are.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fewest rows in a leaf</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Larger smooths.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Share of predictors a split tries</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Above 0, at most 1.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Scale of the flux for splits</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Roots or logarithms let large fluxes count less; the sign is kept.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What counts alike</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>rows: each month of a site; sites: each site, however many months it has.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The same seed and libraries make the same model.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Zones as polygons</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Polygons: scores are told by zone too. A filter of the layer counts, a selection does not.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Field with the names of the zones</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Polygons of one name are one zone. Empty takes a field called 'name'.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Zones as a raster</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Instead of polygons a raster of classes, e.g. of permafrost extent.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Names of the raster's values</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>As in 1=continuous,2=discontinuous; other values are outside of all zones. Empty: each value is a zone of its own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cells to be mapped</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>For the validation knndm: polygons, or a raster whose pixels count unless 0 or nodata. Empty: the whole of each region.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Values of the mask that count</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>For a mask raster of classes, e.g. 1,2,3,4.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The fluxes are simulated</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The page then says so.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The page; its tables and figures are files in a folder beside it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>R2 on held-out rows</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>RMSE on held-out rows (g C m-2 month-1)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Region and validation of R2 and RMSE</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>All scores (JSON)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Kept in the model.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Members for totals' intervals</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Forests on halves of the sites, kept in the model. Empty: 20 where there are 100 trees or more, else none; 0: none.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Look for a better way to grow</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Tries leaves, shares of predictors and scales of the flux by sites held out, nested so that scores stay honest. Takes hundreds of forests.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Licence of the maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Kept in the model and in every map, e.g. CC BY 4.0.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Marks the model and all its maps as simulated.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The model file; it holds no code.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Report</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Scores and figures on one page.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fingerprint of the model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A model that 'Train a model' wrote.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Description</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The page.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fingerprint</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Predictors, separated by commas</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Regions, separated by commas</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rows trained on</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winters</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>1983, 1990-1999 or 1990,1995; a winter has the name that the model's regions give it, usually the year of its January.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Extent</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In any CRS. West, east, south, north: across the antimeridian, count on beyond 180, as in 170,200,60,72 [EPSG:4326]. Empty: the whole northern permafrost region, if the map is in degrees.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>CRS of the map</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Any, e.g. EPSG:6931 for equal areas around the north pole. Empty: degrees.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In units of the CRS of the map.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mask</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cells to predict: polygons, or a raster whose pixels count unless 0 or nodata.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Map each month too</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps of single months, g C m-2 month-1, in monthly_flux/.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Interval of the bounds, e.g. 0.9</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Nine of ten months' fluxes lie between bounds of 0.9, as held-out sites show; in winter_flux_lower/ and winter_flux_upper/. Don't add them up over cells: the interval of a total comes from the members. Empty: no bounds.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Map where the model can be applied</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>How unlike the training each cell is, in how many months of the winter it lies outside the area of applicability, and how many training rows are near; in applicability/. Needs a model with a validation.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Map the members (for totals)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A band for each member of the model's ensemble, in winter_flux_members/, from which 'Add winter maps up' makes intervals. Needs a model with members.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Edges at multiples of cell size</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>So that maps of different extents fit onto each other.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Memory (GB)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The most that the run may take. Empty: half of what is free.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Dask scheduler</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Address of a cluster to work on, e.g. tcp://host:8786, whose workers see the same files. Empty: this machine.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Load the winters into the project</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>With one style for all, and with their times for the Temporal Controller; bounds and applicability in groups that are switched off.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Folder for the maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps go to winter_flux/ in it; prediction.json says what they are.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps of the winters</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps of the winters: the first winter</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Lower bounds</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Lower bounds: the first winter</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Upper bounds</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Upper bounds: the first winter</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Applicability</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Applicability: the first winter</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps of the members</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps of the members: the first winter</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cells predicted</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Months of cells without a value</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winter maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Folder that 'Map winter CO2 flux' wrote, or any with a GeoTIFF a winter whose name holds the year.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Polygons: winters are added up by zone too. A filter of the layer counts, a selection does not.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Level of the intervals</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Share of totals that they hold, between 0 and 1. There are intervals only where the members were mapped.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Share of ground that counts</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Raster of 0 to 1, e.g. of land or forest. Empty: all ground counts.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Model or file of the regions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A model or TOML file whose regions are added up each by itself. Empty: those of the model that made the maps.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>CRS of the maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Only for files that state none, as others' may; it is never guessed.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unit of the maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Only for files that state none, e.g. g C m-2, a winter being understood.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Load table and zones</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Zones are coloured by the mean flux of their ground.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Budget</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A row a zone and winter; summary, figure and zones are files beside it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Budget on a page</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Figure and numbers on one page. Empty: beside the table.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mean winters by zone</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Zones with their numbers</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Totals over time</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mean winter of all cells (Tg C)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mean winter of all cells (g C m-2)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rate of false discoveries</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Of the cells shown as significant, about this share is so by chance.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Budget, for trends by zone</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The table that 'Add winter maps up' wrote.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Twice the rate (correlated cells)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Where neighbours resemble each other, as in maps of a model, the test is strict.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winters resemble the ones before</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>How that is taken out before the test. residuals: as it is about the slope; pw: as it is in the series, which misses strong trends; tfpw: trend-free pre-whitening, which finds more, in noise too; none: not at all.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trends</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>GeoTIFF; figure and the trends of zones are files beside it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trends on a page</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Figure and numbers on one page. Empty: beside the trends.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Map of the trends</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Trends of the budget's zones</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cells with a trend</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cells that rise significantly</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Cells that fall significantly</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Median slope (g C m-2 winter-1 a-1)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winter maps A</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winter maps B</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Polygons: both are compared by zone too. A filter of the layer counts, a selection does not.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>CRS of maps A</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unit of maps A</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>CRS of maps B</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Unit of maps B</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Load the mean difference</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In colours about 0: A has more in the warm ones.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Comparison</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The page; tables, figures and maps lie in folders beside it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A minus B, mean of the winters</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A minus B, by winter</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Table of the winters</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mean of A minus mean of B (g C m-2 winter-1)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Root of the mean squared difference (g C m-2 winter-1)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Correlation of cells</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mean winter of A on the common ground (Tg C)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Mean winter of B on the common ground (Tg C)</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Study</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The study file of a study that was run; its model and report come along.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winter maps, instead of a study</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Folder that 'Map winter CO2 flux' wrote, or any with a GeoTIFF a winter.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What only you know</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>TOML file with title, creators, licence, doi and the like. What it leaves out is said to be not known.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Replace an earlier folder</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Another folder is never replaced.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Folder of the dataset</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Must be new or empty.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What was made</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A page about the folder.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Size of all files</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>What is not known</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Another seed, another world.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Folder of the study</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Empty, or not there yet.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Study file</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Simulated fluxes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Rows of simulated fluxes</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>The study file.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winters to check</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>1983, 1990-1999 or 1990,1995; empty: those of the study's map.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Result of the check</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Problems found</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>With one style for all, and with their times for the Temporal Controller; bounds and applicability, where the study has them, in groups that are switched off.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Folder of the results</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Where the engine runs</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Python to make it from</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>A Python program of 3.11 or newer; empty: the first that is found.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Folder of wheels</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Installs without the network, from wheels that 'pip download' fetched.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Libraries</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>all: for every algorithm; predicting: for maps from a model that is there, a third of the size.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>With numba</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Predicts several times faster with it, and the same.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Interpreter of the engine</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winter CO2 emission maps of permafrost regions</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Build a catalogue</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>1 Observations and predictors</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Writes rasters, chosen as layers or files, into a catalogue of predictors.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: rasters of one unit; files that differ in year and month only (t2m_2001.tif, ndvi_2001_06.tif) become one predictor.
Out: a catalogue (TOML), which any text editor opens. Run it again with the catalogue so far to add rasters of another unit.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Check the environment</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>6 Set-up</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Shows which libraries there are, where each comes from, and what is amiss.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: nothing.
Out: a page with the versions and folders of all libraries in QGIS's Python and, where one is set, in the engine's own interpreter; and what to do where something is missing or would crash QGIS.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Check a study</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>5 Whole way</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Opens all files of a study, for every year that it needs, before anything runs.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a study file (TOML).
Out: a page that shows by predictor and winter what is there, in which unit and grid, and the number of problems. Problems do not fail this algorithm; 'Run a study' refuses to start with them.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Compare winter maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>4 Findings</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Compares two folders of winter maps on the cells of the coarser one.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: two folders of winter maps, A and B, in any CRS and resolution.
Out: a page with totals, bias, error and correlation by winter and zone where both have a value; a GeoTIFF of A minus B for each winter and for the mean of all. The finer product is put on the coarser one's cells by area, so that totals stay.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Create a sample study</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Makes a small simulated study with a known truth, to try everything on.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: nothing.
Out: a folder with simulated fluxes, rasters, a catalogue and a study file. Nothing in it was measured, and all that is made from it is marked as simulated.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Describe a model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>2 Model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Shows what a model file holds before it is used.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a .wco2 file.
Out: a page with its regions and winters, predictors with units and training ranges, scores (g C m-2 month-1), settings and origin.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Fluxes to winter maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Look for trends</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps the trend of each cell over the winters, and which are more than chance.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a folder with maps of 10 winters or more.
Out: a GeoTIFF of four bands: Theil-Sen slope (g C m-2 winter-1 a-1), p of the Mann-Kendall test on pre-whitened values, significant (1 or 0) with the rate of false discoveries kept (Wilks 2016, doi:10.1175/BAMS-D-15-00267.1), winters with a value; a page with a map; with a budget the trends of its zones. Cells without a significant trend are shown pale.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Map winter CO2 flux</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>3 Maps</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Maps the CO2 flux of one or many winters from a model and rasters.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a model (.wco2), a catalogue with the rasters of the winters asked for, an extent.
Out: a cloud-optimised GeoTIFF a winter, in g C m-2 winter-1, positive = release, nodata where a predictor is missing; the sum over the months of each region's winter. On demand its bounds, its months, where the model can be applied, and each member's map. A run that was stopped goes on where it was when it is started again.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Prepare observations</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Reads, converts, screens and merges measured CO2 fluxes into one row a site and month.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a point layer, a table or a CSV file, or a folder of monthly FLUXNET files. Either its format is known by its columns, or name the fields and the unit.
Out: points with the flux in g C m-2 month-1, positive = release, and a table of every row that was left out, with the reason; the counts add up.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Make a dataset to publish</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Makes a folder that is ready for a data repository, and checks it.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a study that was run, or a folder of winter maps; and what only you know of them.
Out: a folder with cloud-optimised GeoTIFFs, one netCDF file and one Zarr store of all winters, STAC items, a card in words and as data, citation and checksums; and a page that says what was checked and what is not known. A folder appears only whole.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Run a study</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Runs all stages of a study: observations, sampling, training, maps, report.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a study file (TOML).
Out: the folder that the study names, with a model (.wco2), a GeoTIFF a winter (g C m-2 winter-1, positive = release) and a report. Finished stages are skipped and stale ones done again, so a stopped study goes on where it was.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Sample predictors at observations</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Looks every predictor up at each observation, for the month of its measurement.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: prepared observations and a catalogue of rasters.
Out: the training table, in the units that the catalogue names, and the observations that could not be sampled, with the reason. Only months of a region's winter are taken.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Select predictors</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Finds the predictors that help at sites which the training did not see.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a training table and its catalogue.
Out: a page that shows, by region, what was chosen and on which way, and which predictors tell the same; beside it a catalogue of the chosen ones alone, for 'Train a model'. Methods: forward selection with site folds (Meyer et al. 2018, doi:10.1016/j.envsoft.2017.12.001), recursive elimination.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Set up the engine</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Makes an interpreter for the engine in your QGIS profile, apart from QGIS's own.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a Python of 3.11 or newer, which most systems have; and the network, or a folder of wheels.
Out: a virtual environment with the libraries, which all algorithms use from then on: about 1.3 GB, or 430 MB for predicting only. Making it takes some minutes; what was downloaded before a failure is not downloaded again. QGIS's own Python stays as it is. To go back, empty the interpreter under Settings &gt; Options &gt; Processing &gt; Providers &gt; Winter CO2.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Totals and trends from a model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Train a model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Grows Extremely Randomized Trees for each region and judges them on held-out rows.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a training table and its catalogue.
Out: a model file (.wco2), and a report with scores, maps of the sites and importances. R2 and RMSE (g C m-2 month-1) are those of the region with most rows, with whole sites held out where that was asked for. Method: Geurts, Ernst and Wehenkel 2006, doi:10.1007/s10994-006-6226-1.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Validate a model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Scores a training table under several validations side by side.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a training table and its catalogue.
Out: a page with scores by region, month, zone and validation with their intervals, how often bounds hold, and which score to quote for a map; no model is kept. R2 and RMSE (g C m-2 month-1) are those of the region with most rows, with whole sites held out where that was asked for.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Winter maps from a model</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Add winter maps up</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>Adds winter maps up: Tg C and g C m-2 by winter, region and zone.</source>
   <translation type="unfinished" />
  </message>
  <message>
   <source>In: a folder of winter maps and, if wanted, zones.
Out: a table with a row a zone and winter, with ground covered and missing; a page with a figure over time and the mean winter of each zone; the zones with their numbers. Totals have intervals where the members were mapped too. Ground is that of the ellipsoid, and cells that a zone's edge cuts count with their share.</source>
   <translation type="unfinished" />
  </message>
 </context>
</TS>
