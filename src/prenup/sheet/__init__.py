"""The kernel: a deal as monthly equations, each row worked out from this month and the month before."""
