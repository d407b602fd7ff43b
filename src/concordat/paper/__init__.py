"""What people hold in their hands: sheets as PDF, made alike by the node and by the command line."""
