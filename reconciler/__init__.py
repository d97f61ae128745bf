"""Declare and reconcile Azure OpenAI / Foundry model deployments from YAML manifests.

Text becomes values, values become a plan, a plan becomes requests; only `engine` calls for the network
and only `arm` speaks it.
"""

__version__ = "0.2.0"
