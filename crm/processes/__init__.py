"""The processes of one machine: which there are, and the supervisor that starts, restarts and stops them."""
