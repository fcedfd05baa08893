namespace Bnn

open System.Collections.Generic

/// Widths of a network times a factor, so that what is joined, divided and added still fits: twice 3.2, rounded, is 6, but 6.4 doubled is 13 when
/// rounded alone.
[<EditorBrowsable(Never)>]
module Widths =
    /// A width as a sum of smaller ones, each so many times.
    type private Sum = (int * int) list

    /// The channels behind a part, and the widths that are sums, found on the way; None where the channels are not known, as those of the
    /// images are not.
    let rec private walk (found: List<int * Sum>) (channels: int option) network : int option =
        let isSum (whole: int) (sum: Sum) =
            if sum.Length > 0 && sum |> List.forall (fun (part, _) -> part > 0 && part < whole) then
                found.Add(whole, sum)

        let joined (parts: int option list) =
            if List.forall Option.isSome parts then
                let widths = List.map Option.get parts
                let whole = List.sumBy int64 widths |> min (int64 Layer.Most) |> int
                isSum whole (widths |> List.map (fun width -> width, 1))
                Some whole
            else
                None

        match network with
        | Network.Layer(_, Layer.Convolution c) ->
            if c.Groups > 1 then
                for width in c.Outputs :: Option.toList channels do
                    if width % c.Groups = 0 then
                        isSum width [ c.Groups, width / c.Groups ]

            Some c.Outputs
        | Network.Layer(_, Layer.Linear l) -> Some l.Outputs
        | Network.Layer(_, Layer.Subsample(outputs, _)) -> Some outputs
        | Network.Layer(_, Layer.Flatten) -> None
        | Network.Layer _ -> channels
        | Network.Chain parts -> List.fold (walk found) channels parts
        | Network.Residual(body, after, shortcut) ->
            let inner = walk found channels body
            walk found channels shortcut |> ignore
            walk found inner after
        | Network.Branches parts -> parts |> List.map (walk found channels) |> joined
        | Network.Groups parts ->
            let part =
                match channels with
                | Some whole when parts.Length > 0 && whole % parts.Length = 0 ->
                    isSum whole [ whole / parts.Length, parts.Length ]
                    Some(whole / parts.Length)
                | _ -> None

            parts |> List.map (walk found part) |> joined
        | Network.Scope(_, part) -> walk found channels part

    /// From each width to it times a factor: rounded, at least 1; of a sum the sum of its scaled parts.
    let scaled (factor: float) network : int -> int =
        let found = List()
        walk found None network |> ignore
        let sums = found |> Seq.distinctBy fst |> Map.ofSeq
        let known = Dictionary()

        let rec scale width =
            match known.TryGetValue width with
            | true, value -> value
            | _ ->
                let value =
                    match sums.TryFind width with
                    | Some parts -> parts |> List.sumBy (fun (part, times) -> float times * float (scale part))
                    | None -> round (float width * factor) |> max 1.0

                let value = int (min value (float Layer.Most))
                known[width] <- value
                value

        scale
