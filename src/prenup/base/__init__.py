"""What every stage stands on: problems with an address, units, quantities, months, and how kinds are found."""
