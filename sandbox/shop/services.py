"""The shop's services in one process: ``python -m sandbox.shop.services``."""

from sandbox.fargate.estate import private_address
from sandbox.fargate.process import Host, Stand, main
from sandbox.shop import accounts, models, pricing, storefront
from sandbox.shop.estate import HARD_CODED_PRICING, PRICING_PORT, TAG_WITH_HARD_CODED_ADDRESS, shop_estate


def stands(host: Host) -> tuple[Stand, ...]:
    """Storefront, pricing engine, accounts and the model registry."""
    task, patience = host.task("storefront"), host.place.patience
    literal = f"http://{private_address(host.estate.network, HARD_CODED_PRICING)}:{PRICING_PORT}"
    image = storefront.Image(hard_coded_pricing=literal if task.image_tag == TAG_WITH_HARD_CODED_ADDRESS else None)
    return (
        Stand(
            service=host.estate.service("storefront"),
            server=storefront.SERVER,
            application=storefront.Storefront(task, image, host.dialler("storefront"), patience),
        ),
        Stand(
            service=host.estate.service("pricing"),
            server=pricing.SERVER,
            application=pricing.Pricing(host.task("pricing"), host.dialler("pricing")),
        ),
        Stand(
            service=host.estate.service("accounts"),
            server=accounts.SERVER,
            application=accounts.Accounts(host.place.canary_key),
        ),
        Stand(
            service=host.estate.service("models"),
            server=models.SERVER,
            application=models.Models(host.task("models"), host.dialler("models")),
        ),
    )


if __name__ == "__main__":
    main(shop_estate, stands)
