"""Family `logs`: whether log groups still receive lines, and what the fatal ones among them say."""
