// @azure/arm-cognitiveservices, unmodified, through the groups of operations the emulator has.
//
//     NODE_EXTRA_CA_CERTS=ca.pem node fidelity_js_drive.mjs URL
//
// Run by `tools/fidelity_js.py` in a folder with the packages. Prints one JSON object:
// operation -> null when it did what it should, else what went wrong.
import { ClientSecretCredential } from "@azure/identity";
import { CognitiveServicesManagementClient } from "@azure/arm-cognitiveservices";

const url = process.argv[2];
const tenant = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";
const [rg, acc] = ["rg", "acc"];
const credential = new ClientSecretCredential(tenant, "js", "any", {
  authorityHost: url,
  disableInstanceDiscovery: true,
});
const client = new CognitiveServicesManagementClient(credential, "11111111-1111-1111-1111-111111111111", {
  endpoint: url,
  credentialScopes: [`${url}/.default`],
});
const model = { format: "OpenAI", name: "gpt-4o", version: "2024-11-20" };
const deployment = (capacity, name = "GlobalStandard") => ({ sku: { name, capacity }, properties: { model } });
const every = async (pages) => {
  const found = [];
  for await (const item of pages) found.push(item);
  return found;
};
const expect = (found, wanted) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) {
    throw new Error(`expected ${JSON.stringify(wanted)}, found ${JSON.stringify(found)}`);
  }
};
const names = async (pages) => (await every(pages)).map((item) => item.name).sort();
const wait = { updateIntervalInMs: 5 };
const put = (name, body) => client.deployments.beginCreateOrUpdateAndWait(rg, acc, name, body, wait);
const kind = "Microsoft.CognitiveServices/accounts";

const drives = {
  "accounts.beginCreate": async () => {
    const body = { location: "swedencentral", kind: "OpenAI", sku: { name: "S0" }, properties: {} };
    expect((await client.accounts.beginCreateAndWait(rg, acc, body, wait)).name, acc);
  },
  "accounts.get": async () => expect((await client.accounts.get(rg, acc)).properties.provisioningState, "Succeeded"),
  "accounts.list": async () => expect(await names(client.accounts.list()), [acc]),
  "accounts.listByResourceGroup": async () => expect(await names(client.accounts.listByResourceGroup(rg)), [acc]),
  "accounts.beginUpdate": async () => {
    const found = await client.accounts.beginUpdateAndWait(rg, acc, { tags: { a: "b" } }, wait);
    expect(found.tags, { a: "b" });
  },
  "accounts.listKeys": async () => expect((await client.accounts.listKeys(rg, acc)).key1.length, 32),
  "accounts.regenerateKey": async () => expect((await client.accounts.regenerateKey(rg, acc, "Key1")).key1.length, 32),
  "accounts.listSkus": async () => expect((await client.accounts.listSkus(rg, acc)).value.length, 1),
  "accounts.listUsages": async () => expect((await client.accounts.listUsages(rg, acc)).value, []),
  "accounts.listModels": async () => expect((await every(client.accounts.listModels(rg, acc))).length > 20, true),
  "checkDomainAvailability": async () =>
    expect((await client.checkDomainAvailability("free", kind)).isSubdomainAvailable, true),
  "checkSkuAvailability": async () =>
    expect((await client.checkSkuAvailability("eastus2", ["S0"], "OpenAI", kind)).value[0].skuAvailable, true),
  "operations.list": async () => expect((await every(client.operations.list())).length > 5, true),
  "deployments.beginCreateOrUpdate (create)": async () => expect((await put("chat", deployment(10))).sku.capacity, 10),
  "deployments.beginCreateOrUpdate (update)": async () => expect((await put("chat", deployment(20))).sku.capacity, 20),
  "deployments.beginCreateOrUpdate (long)": async () =>
    expect((await put("ptu", deployment(50, "ProvisionedManaged"))).properties.provisioningState, "Succeeded"),
  "deployments.beginCreateOrUpdate (refused)": async () => {
    const code = await put("no", deployment(40, "ProvisionedManaged")).then(() => "none", (error) => error.code);
    expect(code, "InvalidCapacity");
  },
  "deployments.beginUpdate": async () => {
    const found = await client.deployments.beginUpdateAndWait(rg, acc, "chat", { tags: { team: "a" } }, wait);
    expect(found.tags, { team: "a" });
  },
  "deployments.get": async () => expect((await client.deployments.get(rg, acc, "chat")).properties.model.version, model.version),
  "deployments.list": async () => expect(await names(client.deployments.list(rg, acc)), ["chat", "ptu"]),
  "deployments.listSkus": async () => expect((await every(client.deployments.listSkus(rg, acc, "ptu"))).length > 3, true),
  "usages.list": async () => expect((await every(client.usages.list("swedencentral"))).length > 50, true),
  "models.list": async () => expect((await every(client.models.list("eastus2"))).length > 100, true),
  "resourceSkus.list": async () => expect((await every(client.resourceSkus.list())).length > 20, true),
  "modelCapacities.list": async () =>
    expect((await every(client.modelCapacities.list(model.format, model.name, model.version))).length > 20, true),
  "locationBasedModelCapacities.list": async () => {
    const pages = client.locationBasedModelCapacities.list("swedencentral", model.format, model.name, model.version);
    expect((await every(pages)).length > 3, true);
  },
  "raiPolicies.createOrUpdate": async () => {
    const body = { properties: { basePolicyName: "Microsoft.DefaultV2" } };
    expect((await client.raiPolicies.createOrUpdate(rg, acc, "strict", body)).name, "strict");
  },
  "raiPolicies.get": async () => expect((await client.raiPolicies.get(rg, acc, "strict")).name, "strict"),
  "raiPolicies.list": async () => expect((await every(client.raiPolicies.list(rg, acc))).length, 7),
  "raiPolicies.beginDelete": async () => client.raiPolicies.beginDeleteAndWait(rg, acc, "strict", wait),
  "raiContentFilters.list": async () => expect((await every(client.raiContentFilters.list("eastus2"))).length, 10),
  "deployments.beginDelete": async () => {
    for (const name of ["chat", "ptu"]) await client.deployments.beginDeleteAndWait(rg, acc, name, wait);
  },
  "accounts.beginDelete": async () => client.accounts.beginDeleteAndWait(rg, acc, wait),
  "deletedAccounts.list": async () => expect(await names(client.deletedAccounts.list()), [acc]),
  "deletedAccounts.get": async () => expect((await client.deletedAccounts.get("swedencentral", rg, acc)).name, acc),
  "accounts.beginCreate (restore)": async () => {
    const body = { location: "swedencentral", properties: { restore: true } };
    expect((await client.accounts.beginCreateAndWait(rg, acc, body, wait)).kind, "OpenAI");
    await client.accounts.beginDeleteAndWait(rg, acc, wait);
  },
  "deletedAccounts.beginPurge": async () => client.deletedAccounts.beginPurgeAndWait("swedencentral", rg, acc, wait),
};

const results = {};
for (const [name, drive] of Object.entries(drives)) {
  try {
    await drive();
    results[name] = null;
  } catch (problem) {
    results[name] = `${problem.name}: ${problem.message}`.slice(0, 300);
  }
}
console.log(JSON.stringify(results));
