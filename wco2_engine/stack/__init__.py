"""The predictor stack: downloads as they come become plain monthly GeoTIFFs, each read once."""
