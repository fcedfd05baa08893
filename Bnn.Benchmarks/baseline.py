"""torchvision and PIL on one core: `python3 baseline.py train|val FOLDER`. Prints images a second over the files of FOLDER/*/*."""
import glob
import sys
import time

import torch
from PIL import Image
from torchvision import transforms as T

torch.set_num_threads(1)
normalize = T.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
transform = {
    "train": T.Compose([T.RandomResizedCrop(224), T.RandomHorizontalFlip(), T.ToTensor(), normalize]),
    "val": T.Compose([T.Resize(256), T.CenterCrop(224), T.ToTensor(), normalize]),
}[sys.argv[1]]
files = sorted(glob.glob(sys.argv[2] + "/*/*"))


def read(path):
    with open(path, "rb") as file:
        return transform(Image.open(file).convert("RGB"))


for path in files[:20]:
    read(path)
start = time.time()
for path in files:
    read(path)
print(len(files) / (time.time() - start))
