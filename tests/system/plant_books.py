"""What the plant published, as its OPC UA server's history tells an independent client: every reading with its source time."""
import asyncio
import datetime
import logging
import re

from asyncua import Client
from asyncua.crypto.security_policies import SecurityPolicyAes256Sha256RsaPss

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
READ_TOGETHER = 50   # nodes whose history is asked for at the same time


def published(site, use_case):
    """Set of (asset, signal, source time in us) over all assets of the plant and all signals of the use case."""
    signals = {signal["name"]: signal["address"] for signal in site.api("GET", f"/api/v1/use-cases/{use_case}")["signals"]}
    assets = [engine["asset"] for engine in site.ledger()["engines"]]
    nodes = {(asset, name): address.replace("{asset}", asset) for asset in assets for name, address in signals.items()}
    return asyncio.run(_read(site, nodes))


async def _read(site, nodes):
    logging.getLogger("asyncua").setLevel(logging.ERROR)
    own = site.folder / "pki" / "opcua" / "gateway"
    client = Client(f"opc.tcp://localhost:{site.opcua_port}", timeout=30)
    client.application_uri = re.search(r'application_uri: "(.*)"', (site.folder / "run" / "gateway.yaml").read_text())[1]
    client.set_user("gateway")
    client.set_password((site.folder / "secrets" / "plant-password").read_text().strip())
    await client.set_security(SecurityPolicyAes256Sha256RsaPss, str(own / "own.der"), str(own / "own.key.der"),
                              server_certificate=str(site.folder / "pki" / "opcua" / "plant" / "own.der"))
    found = set()
    async with client:
        async def read(asset, signal, address):
            space, name = re.fullmatch(r"nsu=([^;]+);s=(.+)", address).groups()
            node = client.get_node(f"ns={await client.get_namespace_index(space)};s={name}")
            for value in await node.read_raw_history():
                time = value.SourceTimestamp
                time = time if time.tzinfo else time.replace(tzinfo=datetime.timezone.utc)
                found.add((asset, signal, (time - EPOCH) // datetime.timedelta(microseconds=1)))
        wanted = [(*key, address) for key, address in nodes.items()]
        for first in range(0, len(wanted), READ_TOGETHER):
            await asyncio.gather(*(read(*each) for each in wanted[first:first + READ_TOGETHER]))
    return found
