namespace Bnn

open System
open System.Collections.Generic

/// The way through a network: which layers see which sizes, under which names.
module internal NetworkWalk =
    /// Numbers that flow between two layers for one image, and all numbers of a network.
    [<Literal>]
    let MostNumbers = 1e12

    let parts network =
        match network with
        | Network.Layer _ -> []
        | Network.Chain parts
        | Network.Branches parts
        | Network.Groups parts -> parts
        | Network.Residual(body, after, shortcut) -> [ body; after; shortcut ]
        | Network.Scope(_, part) -> [ part ]

    /// The full name of what has a name in a scope; C# may give none.
    let join scope name =
        if String.IsNullOrEmpty scope then string<string> name
        elif String.IsNullOrEmpty name then scope
        else $"{scope}.{name}"

    /// The first name in a part: what a fault of a part without a name of its own is called.
    let rec private firstName network =
        match network with
        | Network.Layer(name, _) -> string<string> name
        | Network.Scope(name, part) -> join name (firstName part)
        | other ->
            parts other
            |> List.map firstName
            |> List.tryFind ((<>) "")
            |> Option.defaultValue ""

    /// Every layer in the order of declaration, the size of the output, and all that is wrong with the sizes; `check` gives a layer's own
    /// faults, by its full name and what to call it. After a fault the walk goes on with the size that was probably meant.
    let walk (check: string -> string -> Layer -> FeatureSize -> Fault list) (input: FeatureSize) (network: Network) =
        let places, faults = List<LayerPlace>(), List<Fault>()

        let fault where value allowed =
            faults.AddRange(Fault.unless false where value allowed)

        /// Larger sizes would not be counted exactly.
        let bounded where (size: FeatureSize) =
            if float size.Channels * float size.Height * float size.Width <= MostNumbers then
                size
            else
                fault where $"a size of {size}" $"at most {Fault.text MostNumbers} numbers for an image"
                FeatureSize.Of(min size.Channels Layer.Most, 1L, 1L)

        let joined where (sizes: FeatureSize list) =
            let same (a: FeatureSize) (b: FeatureSize) =
                a.Height = b.Height && a.Width = b.Width

            match sizes with
            | first :: rest when List.forall (same first) rest ->
                bounded
                    where
                    { first with
                        Channels = List.sumBy _.Channels sizes
                    }
            | first :: _ ->
                fault where (sizes |> List.map string |> String.concat ", ") "branches of one height and width"
                first
            | [] ->
                fault where "no part" "at least one"
                input

        let rec go scope (x: FeatureSize) network =
            let where what =
                let name = join scope (firstName network)
                if name = "" then what else $"{name}: {what}"

            match network with
            | Network.Layer(name, layer) ->
                let full = if String.IsNullOrEmpty name then "" else join scope name
                let label = if full = "" then join scope (Layer.kind layer) else full
                let its = check full label layer x
                faults.AddRange its

                let output =
                    if its.IsEmpty then
                        Layer.output layer x
                    else
                        Layer.intended layer x
                    |> bounded label

                places.Add
                    {
                        Name = full
                        Scope = scope
                        Layer = layer
                        Input = x
                        Output = output
                    }

                output
            | Network.Chain parts -> parts |> List.fold (go scope) x
            | Network.Scope(name, part) -> go (join scope name) x part
            | Network.Residual(body, after, shortcut) ->
                let sum = go scope x body
                let output = go scope sum after
                let added = go scope x shortcut

                if sum <> added then
                    fault (where "sum") $"{sum} + {added}" $"one size: a shortcut that makes {sum} of {x}"

                output
            | Network.Branches parts -> parts |> List.map (go scope x) |> joined (where "branches")
            | Network.Groups parts ->
                let count = int64 (max 1 parts.Length)

                if x.Channels % count <> 0L then
                    fault
                        (where "groups")
                        $"%d{x.Channels} channels in %d{count} parts"
                        $"a multiple of %d{count} channels"

                parts
                |> List.map (go scope { x with Channels = x.Channels / count })
                |> joined (where "groups")

        let output = go "" input network
        List.ofSeq places, output, List.ofSeq faults
