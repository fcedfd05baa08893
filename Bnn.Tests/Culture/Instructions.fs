/// The instructions of compiled code.
module Bnn.Tests.Instructions

open System
open System.Collections.Generic
open System.Reflection
open System.Reflection.Emit

let private codes =
    let all =
        [
            for field in typeof<OpCodes>.GetFields(BindingFlags.Public ||| BindingFlags.Static) ->
                field.GetValue null :?> OpCode
        ]

    dict [ for code in all -> code.Value, code ]

/// A method's instructions: code, and its operand where that is a method, a type or a text.
let ofMethod (body: MethodBase) =
    let found = List<OpCode * obj>()

    match body.GetMethodBody() with
    | null -> ()
    | content ->
        let bytes = content.GetILAsByteArray()

        let types =
            if isNull body.DeclaringType then
                [||]
            else
                body.DeclaringType.GetGenericArguments()

        let ofMethod =
            if body.IsGenericMethod then
                body.GetGenericArguments()
            else
                [||]

        let mutable at = 0

        while at < bytes.Length do
            let isLong = bytes[at] = 0xFEuy

            let value =
                if isLong then
                    int16 (0xFE00 ||| int bytes[at + 1])
                else
                    int16 bytes[at]

            let code = codes[value]
            at <- at + code.Size
            let token () = BitConverter.ToInt32(bytes, at)

            let operand, size =
                match code.OperandType with
                | OperandType.InlineMethod -> box (body.Module.ResolveMethod(token (), types, ofMethod)), 4
                | OperandType.InlineType -> box (body.Module.ResolveType(token (), types, ofMethod)), 4
                | OperandType.InlineString -> box (body.Module.ResolveString(token ())), 4
                | OperandType.InlineNone -> null, 0
                | OperandType.ShortInlineBrTarget
                | OperandType.ShortInlineI
                | OperandType.ShortInlineVar -> null, 1
                | OperandType.InlineVar -> null, 2
                | OperandType.InlineI8
                | OperandType.InlineR -> null, 8
                | OperandType.InlineSwitch -> null, 4 + 4 * token ()
                | _ -> null, 4

            at <- at + size
            found.Add(code, operand)

    found
