namespace Bnn

/// A network, or a part of one, as a value: which layers, in which order. It holds no weights, and takes inputs of any size that its
/// layers take. Sizes, tensors, cost, text, JSON and the training graph are functions of it. `Layers` makes them.
[<RequireQualifiedAccess>]
type Network =
    | Layer of name: string * Layer
    /// One after the other; none is the identity.
    | Chain of Network list
    /// after(body x + shortcut x). Published files have their tensors in this order.
    | Residual of body: Network * after: Network * shortcut: Network
    /// Each part sees the whole input; their channels are joined.
    | Branches of Network list
    /// The channels are divided evenly among the parts, and joined again.
    | Groups of Network list
    /// A prefix of names: `name.`.
    | Scope of name: string * Network

    /// Parts one after the other: a chain among them is its parts, and a chain of one part is that part.
    static member internal Joined(parts: Network list) : Network =
        let partsOf part =
            match part with
            | Network.Chain parts -> parts
            | other -> [ other ]

        match List.collect partsOf parts with
        | [ one ] -> one
        | several -> Network.Chain several

    /// This part, then the other.
    member first.Then(next: Network) : Network = Network.Joined [ first; next ]

    /// Text for people: a line for each layer, what belongs together indented; what lies more than 64 parts deep is left out.
    override network.ToString() =
        let rec lines depth indent (network: Network) : string list =
            let line text = [ String.replicate indent "  " + text ]
            let write = lines (depth + 1)
            let below title part = line title @ write (indent + 1) part

            let numbered title parts =
                parts
                |> List.mapi (fun k part -> below $"{title} %d{k + 1}" part)
                |> List.concat

            match network with
            | _ when depth > 64 -> line "..."
            | Network.Layer("", layer) -> line (LayerText.write layer)
            | Network.Layer(name, layer) -> line $"{name}: {LayerText.write layer}"
            | Network.Chain parts -> List.collect (write indent) parts
            | Network.Scope(name, part) -> below name part
            | Network.Residual(body, after, Network.Chain []) ->
                below "sum of" body @ line "and its input" @ write indent after
            | Network.Residual(body, after, shortcut) -> below "sum of" body @ below "and" shortcut @ write indent after
            | Network.Branches parts -> numbered "branch" parts
            | Network.Groups parts -> numbered "group" parts

        lines 0 0 network |> String.concat "\n"

/// A layer where it stands.
[<EditorBrowsable(Never)>]
type LayerPlace =
    {
        /// Its full name; empty for a layer without one.
        Name: string
        /// The full name of its scope.
        Scope: string
        Layer: Layer
        Input: FeatureSize
        Output: FeatureSize
    }
