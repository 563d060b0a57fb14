"""The algorithms: parameters in, a job out, its facts turned into outputs."""

from __future__ import annotations

from wco2_qgis.algorithms.base import Algorithm
from wco2_qgis.algorithms.buildcatalogue import BuildCatalogue
from wco2_qgis.algorithms.checkenvironment import CheckEnvironment
from wco2_qgis.algorithms.checkstudy import CheckStudy
from wco2_qgis.algorithms.createsamplestudy import CreateSampleStudy
from wco2_qgis.algorithms.describemodel import DescribeModel
from wco2_qgis.algorithms.predictwinterflux import PredictWinterFlux
from wco2_qgis.algorithms.prepareobservations import PrepareObservations
from wco2_qgis.algorithms.runstudy import RunStudy
from wco2_qgis.algorithms.samplepredictors import SamplePredictors
from wco2_qgis.algorithms.setupengine import SetUpEngine
from wco2_qgis.algorithms.trainmodel import TrainModel

ALGORITHMS: tuple[type[Algorithm], ...] = (
    PrepareObservations,
    BuildCatalogue,
    SamplePredictors,
    TrainModel,
    DescribeModel,
    PredictWinterFlux,
    CreateSampleStudy,
    CheckStudy,
    RunStudy,
    CheckEnvironment,
    SetUpEngine,
)
