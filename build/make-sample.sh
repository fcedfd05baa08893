#!/bin/sh
# Makes the four files of Bnn.Data/Sample from the full Fashion-MNIST:
#   build/make-sample.sh DIR
# DIR holds the four .gz files of Fashion-MNIST; Debian's package
# dataset-fashion-mnist installs them to /usr/share/datasets/fashion-mnist.
set -eu

if [ $# -ne 1 ]; then
    echo "usage: $0 DIR, the folder with the four .gz files of Fashion-MNIST" >&2
    exit 2
fi
from=$1
to=$(dirname "$0")/../Bnn.Data/Sample

for file in train-images-idx3-ubyte train-labels-idx1-ubyte t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    if [ ! -r "$from/$file.gz" ]; then
        echo "$0: $from/$file.gz is missing" >&2
        exit 1
    fi
done
mkdir -p "$to"

# first HEADER_LENGTH BODY_LENGTH FILE: the leading bytes of the body; the caller writes the header.
# The reader is drained to its end, so that gzip does not end on a broken pipe.
first() {
    gzip -dc "$from/$3.gz" | { tail -c "+$(($1 + 1))" | { head -c "$2"; cat >/dev/null; }; }
}

# The training set shrinks to 10,000 (octal 047 020) images, so its two headers are written anew.
{
    printf '\000\000\010\003\000\000\047\020\000\000\000\034\000\000\000\034'
    first 16 $((10000 * 28 * 28)) train-images-idx3-ubyte
} | gzip -9n >"$to/train-images-idx3-ubyte.gz"
{
    printf '\000\000\010\001\000\000\047\020'
    first 8 10000 train-labels-idx1-ubyte
} | gzip -9n >"$to/train-labels-idx1-ubyte.gz"

# The test set stays whole. -n leaves out name and time: the same input gives the same bytes.
for file in t10k-images-idx3-ubyte t10k-labels-idx1-ubyte; do
    gzip -dc "$from/$file.gz" | gzip -9n >"$to/$file.gz"
done
