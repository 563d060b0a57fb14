# What a user of R would write: terra and ranger, a stack of rasters a month, a sum over the months.
#
# Rscript benchmarks/ranger.R FOLDER WINTER MONTHS THREADS OUTPUT: the rasters are those that
# benchmarks/inputs.py makes, with training.csv beside them; MONTHS are the first of the winter.
suppressMessages({
  library(terra)
  library(ranger)
})
terraOptions(progress = 0) # its bars go where the caller reads
given <- commandArgs(trailingOnly = TRUE)
folder <- given[1]
winter <- as.integer(given[2])
threads <- as.integer(given[4])

training <- read.csv(file.path(folder, "training.csv"))
names <- setdiff(names(training), "flux")
# Extremely randomised trees as in scikit-learn: one random split a feature, all rows, fully grown.
forest <- ranger(
  flux ~ ., training,
  num.trees = 500, mtry = length(names), min.node.size = 1, splitrule = "extratrees",
  num.random.splits = 1, replace = FALSE, sample.fraction = 1, oob.error = FALSE,
  num.threads = threads, seed = 0, verbose = FALSE
)
predicted <- function(model, data, ...) {
  predict(model, data, num.threads = threads, verbose = FALSE)$predictions
}

domain <- rast(file.path(folder, "domain.tif"))
static <- names[startsWith(names, "static")]
unchanging <- rast(file.path(folder, paste0(static, ".tif")))
names(unchanging) <- static
# One layer without values outside the domain is enough: cells that lack a value are left out.
unchanging[[1]] <- mask(unchanging[[1]], domain)
monthly <- setdiff(names, static)
months <- c(sprintf("%d_%02d", winter - 1, 10:12), sprintf("%d_%02d", winter, 1:4))
total <- 0
cat('{"event": "progress", "message": "Predicting"}\n')
for (month in head(months, as.integer(given[3]))) {
  changing <- rast(file.path(folder, monthly, paste0(month, ".tif")))
  names(changing) <- monthly
  total <- total + predict(c(unchanging, changing), forest, fun = predicted, na.rm = TRUE)
}
writeRaster(total, given[5], overwrite = TRUE)
