variable "rollout" {
  description = "Raise by one to replace every machine, one after the other: for a newer operating system, or changed secrets."
  type        = number
  default     = 1
}

variable "mail_key_secret_version" {
  description = "Version of the secret mail-key that containers get; 0 until its owner has filled it."
  type        = number
  default     = 0
}
