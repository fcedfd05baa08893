using TorchSharp;
using static TorchSharp.torch;

namespace Bnn;

/// <summary>Each kind of layer on torch. What it learns is in the store, under the layer's name.</summary>
internal sealed class TorchLayers(ParameterStore store)
{
    private int signs;
    private int places;

    /// <summary>The forward pass of a layer where it stands.</summary>
    public Forward Of(LayerPlace place)
    {
        var number = places++;
        return place.Layer switch
        {
            Layer.Convolution layer => Convolution(place, layer.Item, number),
            Layer.Linear layer => Linear(place, layer.Item, number),
            Layer.Sign layer => Sign(place, layer.binarizer, layer.isShifted, number),
            Layer.Elementwise layer => Elementwise(layer.formula, [.. layer.learned.Select(learned => store[Full(place.Scope, learned.Tensor)])], number),
            Layer.Pool layer => Pool(layer.Item),
            Layer.Subsample layer => Moved(x => Subsample(x, layer.stride, layer.channels)),
            Layer.Upsample layer => Moved(x => x.repeat_interleave(layer.factor, 2).repeat_interleave(layer.factor, 3)),
            var layer when layer.IsBatchNorm => BatchNorm(place.Name),
            var layer when layer.IsFactoredScale => FactoredScale(place.Name),
            var layer when layer.IsGlobalMean => Tensors(x => x.mean([2, 3], keepdim: true)),
            var layer when layer.IsFlatten => Moved(x => Vector(x.flatten(1))),
            var layer => throw new InvalidOperationException($"the layer {LayerModule.kind(layer)} has no form on torch"),
        };
    }

    /// <summary>Whether it is a sign, whose inputs may saturate.</summary>
    public static bool IsWatched(Layer layer) => layer is Layer.Sign sign && !BinarizerModule.isNone(sign.binarizer);

    private static Forward Tensors(Func<Tensor, Tensor> forward) => (x, _) => forward(x.Whole);

    private static Forward Moved(Func<Tensor, Tensor> forward) => (x, _) => x.Moved(forward);

    private static string Full(string scope, string name) => scope.Length == 0 ? name : $"{scope}.{name}";

    // Between layers a vector is N x C x 1 x 1, so that whatever is summed or joined has four dimensions.
    private static Tensor Vector(Tensor x) => x.unsqueeze(2).unsqueeze(3);

    private static long[] Sizes(Size2 size) => [size.Rows, size.Columns];

    private Forward Convolution(LayerPlace place, Convolution layer, int number)
    {
        var weight = Weight(place, layer.Weights, number);
        var bias = layer.HasBias ? store[$"{place.Name}.bias"] : null;
        var (stride, padding) = (Sizes(layer.Stride), Sizes(layer.Padding));
        return (x, mode) => nn.functional.conv2d(
            x.Whole, weight(mode), bias?.Value, strides: stride, padding: padding, groups: layer.Groups);
    }

    private Forward Linear(LayerPlace place, Linear layer, int number)
    {
        var weight = Weight(place, layer.Weights, number);
        var bias = layer.HasBias ? store[$"{place.Name}.bias"] : null;
        return (x, mode) => Vector(nn.functional.linear(x.Whole.flatten(1), weight(mode), bias?.Value));
    }

    /// <summary>The weight that a layer computes with: binarized where the stage's weights are binary, else as it is.</summary>
    private Func<NetworkMode, Tensor> Weight(LayerPlace place, Binarizer binarizer, int number)
    {
        var latent = store[$"{place.Name}.weight"];
        if (BinarizerModule.isNone(binarizer))
        {
            return _ => latent.Value;
        }

        var binary = ElementwiseLayer.OfWeights(binarizer);
        var learned = Learned(place, binarizer);
        return mode => mode.BinaryWeights ? binary.Apply(latent.Value, mode, number, null, Values(learned)) : latent.Value;
    }

    private Forward Sign(LayerPlace place, Binarizer binarizer, bool isShifted, int number)
    {
        NetworkTensor? shift = isShifted ? store[$"{place.Name}.bias"] : null;
        var sign = ElementwiseLayer.OfActivation(binarizer, isShifted);
        NetworkTensor[] learned = [.. shift is null ? Array.Empty<NetworkTensor>() : [shift], .. Learned(place, binarizer)];
        var isNone = BinarizerModule.isNone(binarizer);
        var watched = isNone ? -1 : signs++;
        return (features, mode) =>
        {
            var x = features.Whole;
            if (isNone && shift is null)
            {
                return features;
            }

            if (!mode.BinaryActivations || isNone)
            {
                var shifted = shift is null ? x : x.Plus(shift.Value);
                return isNone ? shifted : shifted.ClippedToOne();
            }

            var tell = mode.Watch?.Invoke(watched);
            if (tell is not null && features.Unclipped is { } before)
            {
                // what lies beyond a clip is as far from learning as what lies beyond the sign's own ends
                tell(SaturatedInputs.Count(before, shift?.Value), x.numel());
                tell = null;
            }

            Action<double[]>? watch = tell is null ? null : sums => tell(sums.Sum(), x.numel());
            return sign.Apply(x, mode, number, watch, Values(learned));
        };
    }

    private static Forward Elementwise(Elementwise formula, NetworkTensor[] learned, int number)
    {
        var layer = ElementwiseLayer.OfActivation(formula);
        if (ElementwiseModule.beforeClip(formula)?.Value is not { } before)
        {
            return (x, mode) => layer.Apply(x.Whole, mode, number, null, Values(learned));
        }

        var isPlain = before.Output.Equals(BinarizerModule.x);
        var unclipped = isPlain ? null : ElementwiseLayer.OfActivation(before);
        return (x, mode) =>
        {
            var whole = x.Joined;
            var y = layer.Apply(whole.Whole, mode, number, null, Values(learned));
            return mode.Watch is null ? y : Features.Clipped(
                y, unclipped is null ? whole.Unclipped ?? (() => whole.Whole) : () => unclipped.Apply(whole.Whole, mode, number, null, Values(learned)));
        };
    }

    private NetworkTensor[] Learned(LayerPlace place, Binarizer binarizer) =>
        [.. binarizer.ParameterNames.Select(name => store[$"{place.Name}.{name}"])];

    private static Tensor[] Values(NetworkTensor[] tensors) => Array.ConvertAll(tensors, tensor => tensor.Value);

    /// <summary>Batch norm over channels: momentum 0.1, epsilon 1e-5.</summary>
    private Forward BatchNorm(string name)
    {
        var (weight, bias, mean, variance) = (store[$"{name}.weight"], store[$"{name}.bias"], store[$"{name}.running_mean"], store[$"{name}.running_var"]);
        var batches = store[$"{name}.num_batches_tracked"];
        return (x, mode) =>
        {
            if (mode.Training)
            {
                batches.Value.CountOne();
            }

            return nn.functional.batch_norm(
                x.Whole, mean.Value, variance.Value, weight.Value, bias.Value, mode.Training, momentum: mode.NormMomentum, eps: 1e-5);
        };
    }

    // The product of the factors is small, so the activations are read and written once.
    private Forward FactoredScale(string name)
    {
        var (channels, rows, columns) = (store[$"{name}.channels"], store[$"{name}.rows"], store[$"{name}.columns"]);
        return Tensors(x => x * (channels.Value * rows.Value * columns.Value));
    }

    private static Forward Pool(Pool pool)
    {
        var (window, stride, padding) = (Sizes(pool.Window), Sizes(pool.Stride), Sizes(pool.Padding));
        return pool.Kind == PoolKind.Mean
            ? Tensors(x => nn.functional.avg_pool2d(x, window, stride, padding, ceil_mode: pool.RoundUp, count_include_pad: false))
            : Moved(x => nn.functional.max_pool2d(x, window, stride, padding, ceil_mode: pool.RoundUp));
    }

    private static Tensor Subsample(Tensor x, long stride, long channels)
    {
        var kept = x.slice(2, 0, long.MaxValue, stride).slice(3, 0, long.MaxValue, stride);
        var added = channels - x.shape[1];
        return nn.functional.pad(kept, [0, 0, 0, 0, added / 2, added - added / 2]);
    }
}
