"""The platform's services in one process: ``python -m sandbox.hokusai.services``."""

from collections.abc import Iterator

from sandbox.fargate.estate import private_address
from sandbox.fargate.process import Host, Stand, main
from sandbox.hokusai import api, auth, mlflow
from sandbox.hokusai.estate import HARD_CODED_MLFLOW, MLFLOW_PORT, TAG_WITH_HARD_CODED_ADDRESS, hokusai_estate


def stands(host: Host) -> Iterator[Stand]:
    """The API, MLflow and authentication."""
    estate, task = host.estate, host.task("api")
    literal = f"http://{private_address(estate.network, HARD_CODED_MLFLOW)}:{MLFLOW_PORT}"
    image = api.Image(hard_coded_tracking_uri=literal if task.image_tag == TAG_WITH_HARD_CODED_ADDRESS else None)
    applications = (
        ("auth", auth.SERVER, auth.AuthService(host.place.canary_key)),
        ("mlflow", mlflow.SERVER, mlflow.MlflowService(host.task("mlflow"), host.dialler("mlflow"))),
        ("api", api.SERVER, api.ApiService(task, image, host.dialler("api"), host.place.patience)),
    )
    for name, server, application in applications:
        yield Stand(service=estate.service(name), server=server, application=application)


if __name__ == "__main__":
    main(hokusai_estate, stands)
