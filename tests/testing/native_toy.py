"""A native provider plugin in a page: keeps nothing, supports previews, secrets and detailed diffs."""

from __future__ import annotations

import sys
import threading
from concurrent import futures

import grpc
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

SIGNATURE = "4dabf18193072939515e22adb298388d"


def plain(struct: struct_pb2.Struct) -> dict:
    return json_format.MessageToDict(struct)


def made(prefix: str, urn: str, properties: struct_pb2.Struct) -> struct_pb2.Struct:
    outputs = struct_pb2.Struct()
    outputs.CopyFrom(properties)
    outputs["made"] = f"{prefix}:{urn.rpartition('::')[2]}"
    return outputs


class NativeToy(provider_pb2_grpc.ResourceProviderServicer):
    prefix = ""

    def Configure(self, request, context):
        prefix = plain(request.args).get("prefix", "")
        self.prefix = prefix["value"] if isinstance(prefix, dict) else prefix
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    def Check(self, request, context):
        return provider_pb2.CheckResponse(inputs=request.news)

    def Diff(self, request, context):
        old, new = plain(request.old_inputs), plain(request.news)
        kinds = provider_pb2.PropertyDiff
        found = {}
        if old.get("size") != new.get("size"):
            found["size"] = kinds(kind=kinds.UPDATE_REPLACE)
        if old.get("label") != new.get("label"):
            found["label.deep"] = kinds(kind=kinds.UPDATE)
        changes = provider_pb2.DiffResponse.DIFF_SOME if found else provider_pb2.DiffResponse.DIFF_NONE
        return provider_pb2.DiffResponse(changes=changes, detailedDiff=found, hasDetailedDiff=True)

    def Create(self, request, context):
        outputs = made(self.prefix, request.urn, request.properties)
        return provider_pb2.CreateResponse(id="" if request.preview else "thing-1", properties=outputs)

    def Update(self, request, context):
        return provider_pb2.UpdateResponse(properties=made(self.prefix, request.urn, request.news))

    def Read(self, request, context):
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    def Delete(self, request, context):
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        return empty_pb2.Empty()

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")


def main() -> None:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(NativeToy(), server)
    sys.stdout.write(f"{server.add_insecure_port('127.0.0.1:0')}\n")
    server.start()
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        server.stop(0)
        sys.exit(0)


if __name__ == "__main__":
    main()
