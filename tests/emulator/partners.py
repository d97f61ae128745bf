"""A partner's model as a region lists it, and what its deployment has to say."""

CLAUDE = {
    "kind": "AIServices",
    "model": {
        "format": "Anthropic",
        "name": "claude-test",
        "version": "1",
        "isDefaultVersion": True,
        "skus": [
            {
                "name": "GlobalStandard",
                "usageName": "AIServices.GlobalStandard.claude-test",
                "capacity": {"maximum": 100},
            }
        ],
    },
}
PROVIDED = {"industry": "technology", "organizationName": "Contoso", "countryCode": "DE"}


def claude(**data: str) -> dict[str, object]:
    return {
        "sku": {"name": "GlobalStandard", "capacity": 1},
        "properties": {
            "model": {"format": "Anthropic", "name": "claude-test", "version": "1"},
            "modelProviderData": data,
        },
    }
