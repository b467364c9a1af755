variable "rollout" {
  description = "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets."
  type        = number
  default     = 1
}
