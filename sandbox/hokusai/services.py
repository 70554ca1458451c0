"""The platform's services in one process: ``python -m sandbox.hokusai.services``."""

from collections.abc import Iterator
from pathlib import Path

from sandbox.fargate.estate import auditor_side, platform_side, private_address
from sandbox.fargate.process import Host, Stand, main
from sandbox.fargate.serving import Application
from sandbox.hokusai import api, auth, mlflow
from sandbox.hokusai.estate import HARD_CODED_MLFLOW, MLFLOW_PORT, TAG_WITH_HARD_CODED_ADDRESS, hokusai_estate
from sandbox.hokusai.real_mlflow import start_mlflow


def stands(host: Host) -> Iterator[Stand]:
    """The API, MLflow and authentication."""
    estate, task = host.estate, host.task("api")
    literal = f"http://{private_address(estate.network, HARD_CODED_MLFLOW)}:{MLFLOW_PORT}"
    image = api.Image(hard_coded_tracking_uri=literal if task.image_tag == TAG_WITH_HARD_CODED_ADDRESS else None)
    applications: dict[str, tuple[str, Application]] = {
        "auth": (auth.SERVER, auth.AuthService(host.place.canary_key)),
        "api": (api.SERVER, api.ApiService(task, image, host.dialler("api"), host.place.patience)),
    }
    mlflow_task, mlflow_dialler = host.task("mlflow"), host.dialler("mlflow")
    if host.place.real == "mlflow":
        service = estate.service("mlflow")
        at = (auditor_side(service.address, service.port), platform_side(service.address, service.port))
        start_mlflow(mlflow_task, mlflow_dialler, at, Path(host.place.folder))
    else:
        applications["mlflow"] = (mlflow.SERVER, mlflow.MlflowService(mlflow_task, mlflow_dialler))
    for name, (server, application) in applications.items():
        yield Stand(service=estate.service(name), server=server, application=application)


if __name__ == "__main__":
    main(hokusai_estate, stands)
