"""Every domain that can be simulated, by the name of its database."""

from fasnb.simfas import domains
from fasnb.simfas.wide import WIDE

DOMAINS = {**domains.DOMAINS, WIDE.name: WIDE}
