/// Models as the JSON of files, and back.
module Bnn.Tests.NetworkJsonSupport

open System.Text.Json
open Bnn
open Expecto

let short (model: ModelDescription) = (NetworkJson.node model).ToJsonString()

let sound read =
    match read with
    | Ok model -> model
    | Error(faults: Fault list) -> failtest $"%A{List.map string faults}"

let readElement depth (json: string) =
    use document = JsonDocument.Parse(json, JsonDocumentOptions(MaxDepth = depth))
    NetworkJson.read document.RootElement
