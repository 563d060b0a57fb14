"""Public products of predictors, described as data: one TOML file each, beside these modules."""
