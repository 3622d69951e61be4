"""Proofs and measurements that need more than a test: real processes, real kills, side-by-side yardsticks."""
