"""Family `vpc`: what the network's rules admit, and the state of the data stores in it."""
