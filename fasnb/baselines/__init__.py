"""The methods that the paper compares itself with, one file each: fit on a training set, score faces."""
